import { Command } from 'commander';
import type { AwsFlags } from '../aws/deployment.ts';
import { AWS_HELP, withAwsFlags } from '../aws/flags.ts';

interface StatusFlags extends AwsFlags {
  readonly follow?: boolean;
  readonly pollSeconds: number;
  readonly json?: boolean;
}

/** `dpo status`: where a run on AWS stands. */
export function statusCommand(): Command {
  return withAwsFlags(
    new Command('status')
      .description('Show where a run on AWS stands; of an ended one, its result.')
      .argument('<run>', "a run id, or an execution's name")
      .option('--follow', 'stay until the run ends')
      .option('--poll-seconds <seconds>', 'how often to look with --follow', Number, 5)
      .option('--json', 'print the manifest of a committed run as one line'),
  )
    .addHelpText('after', `${AWS_HELP}\n\nExample:\n  $ dpo status nightly-7 --follow`)
    .action(async (run: string, { follow = false, json = false, pollSeconds: seconds, ...flags }: StatusFlags) => {
      const [{ findDeployment }, { findExecution }, { statusLine }, { tellEnd }, { watchRun }] = await Promise.all([
        import('../aws/deployment.ts'),
        import('../aws/executions.ts'),
        import('../aws/follow.ts'),
        import('../aws/end.ts'),
        import('../aws/watch-run.ts'),
      ]);
      const deployment = await findDeployment(flags);
      if (follow) return watchRun(deployment, run, { json, quiet: false, seconds });
      const execution = await findExecution(deployment, run);
      process.stderr.write(`${await statusLine(deployment, execution)}\n`);
      await tellEnd(deployment, execution, json);
    });
}
