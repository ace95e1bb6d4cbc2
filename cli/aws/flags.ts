import type { Command } from 'commander';

/** The flags of every command that talks to AWS. */
export const withAwsFlags = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack of the pipeline', 'DpoTrajectories')
    .option('--profile <name>', "the AWS profile; else the environment's")
    .option('--region <region>', "the AWS region; else the environment's");

export const AWS_HELP = `
The stack's outputs say where everything is. Credentials and region come from --profile, --region or the usual AWS
environment variables.`;
