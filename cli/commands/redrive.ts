import { Command } from 'commander';
import { AWS_HELP, aboutRun, type WatchFlags, withAwsFlags, withWatchFlags } from '../aws/flags.ts';

/** `dpo redrive`: does again what is missing of a run that failed. */
export function redriveCommand(): Command {
  const command = new Command('redrive')
    .description('Continue a failed run on AWS.')
    .option('--no-follow', 'start it and do not follow it');
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
Fix the cause first. A new execution then starts for the same run id: it finds the plan and the finished shards, and
does the rest. Step Functions' own redrive cannot do this: it only enters the Fail state again.
${AWS_HELP}

Example:
  $ dpo redrive nightly-7`;
