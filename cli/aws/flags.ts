import type { Command } from 'commander';
import type { AwsFlags } from './deployment.ts';

/** The flags of every command that talks to AWS. */
export const withAwsFlags = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack of the pipeline', 'DpoTrajectories')
    .option('--pipeline <name>', 'the construct path of the pipeline, if the stack has several')
    .option('--profile <name>', "the AWS profile; by default the environment's")
    .option('--region <region>', "the AWS region; by default the environment's");

/** What names the run that a command is about. */
export const aboutRun = (command: Command): Command => command.argument('<run>', "a run id, or an execution's name");

/** The flags of every command that can stay with a run until it ends. */
export const withWatchFlags = (command: Command): Command =>
  command
    .option('--poll-seconds <seconds>', 'seconds between looks at the run', Number, 5)
    .option('--json', 'print the manifest as one line of JSON instead of the table');

export interface WatchFlags extends AwsFlags {
  readonly pollSeconds: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const AWS_HELP = `
The stack's outputs give the names of its resources. Credentials and region come from --profile, --region or the usual AWS
environment variables.`;
