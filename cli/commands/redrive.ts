import { Command } from 'commander';
import { AWS_HELP, aboutRun, type WatchFlags, withAwsFlags, withWatchFlags } from '../aws/flags.ts';

/** `dpo redrive`: does again what is missing of a run that failed. */
export function redriveCommand(): Command {
  const command = new Command('redrive')
    .description('Do what is missing of a run on AWS that failed.')
    .option('--no-follow', 'start it and end');
  return withAwsFlags(withWatchFlags(aboutRun(command)))
    .addHelpText('after', HELP)
    .action(async (run: string, options: RedriveFlags) => {
      const { redrive } = await import('../aws/redrive.ts');
      await redrive(run, options);
    });
}

export interface RedriveFlags extends WatchFlags {
  readonly follow: boolean;
}

const HELP = `
When the cause is fixed, a new execution is started for the same run id: it finds the plan and the shards that are
built, and does the rest. Step Functions' own redrive cannot: it would only enter the Fail state again, which keeps the
error's name.
${AWS_HELP}

Example:
  $ dpo redrive nightly-7`;
