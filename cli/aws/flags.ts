import type { Command } from 'commander';
import type { AwsFlags } from './deployment.ts';

/** The flags of every command that talks to AWS. */
export const withAwsFlags = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack of the pipeline', 'DpoTrajectories')
    .option('--pipeline <name>', "the pipeline, where the stack has several: its construct's path")
    .option('--profile <name>', "the AWS profile; else the environment's")
    .option('--region <region>', "the AWS region; else the environment's");

/** What names the run that a command is about. */
export const aboutRun = (command: Command): Command => command.argument('<run>', "a run id, or an execution's name");

/** The flags of every command that can stay with a run until it ends. */
export const withWatchFlags = (command: Command): Command =>
  command
    .option('--poll-seconds <seconds>', 'how often to look', Number, 5)
    .option('--json', 'print the manifest as one line instead of the table');

export interface WatchFlags extends AwsFlags {
  readonly pollSeconds: number;
  readonly json?: boolean;
}

export const AWS_HELP = `
The stack's outputs say where everything is. Credentials and region come from --profile, --region or the usual AWS
environment variables.`;
