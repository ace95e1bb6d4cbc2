import { Command } from 'commander';
import type { AwsFlags } from '../aws/deployment.ts';
import { AWS_HELP, withAwsFlags } from '../aws/flags.ts';

/** `dpo redrive`: does again what is missing of a run that failed. */
export function redriveCommand(): Command {
  return withAwsFlags(
    new Command('redrive')
      .description('Do what is missing of a run on AWS that failed.')
      .argument('<run>', "a run id, or an execution's name")
      .option('--no-follow', 'start it and end')
      .option('--poll-seconds <seconds>', 'how often to look', Number, 5)
      .option('--json', 'print the manifest as one line instead of the table'),
  )
    .addHelpText('after', HELP)
    .action(async (run: string, options: RedriveFlags) => {
      const { redrive } = await import('../aws/redrive.ts');
      await redrive(run, options);
    });
}

export interface RedriveFlags extends AwsFlags {
  readonly follow: boolean;
  readonly pollSeconds: number;
  readonly json?: boolean;
}

const HELP = `
A failed run ends in a Fail state, from which Step Functions' own redrive has nothing to go on with. So a new execution
is started for the same run id: it finds the plan and the shards that are built, and does the rest.
${AWS_HELP}

Example:
  $ dpo redrive nightly-7`;
