import { Command } from 'commander';
import { AWS_HELP, aboutRun, type WatchFlags, withAwsFlags, withWatchFlags } from '../aws/flags.ts';
import { oneLine, tell } from '../terminal.ts';

interface StatusFlags extends WatchFlags {
  readonly follow?: boolean;
}

/** `dpo status`: where a run on AWS stands. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('Show the progress of a run on AWS; after its end, its result, or where and why it failed.')
    .option('--follow', 'stay until the run ends');
  return withAwsFlags(withWatchFlags(aboutRun(command)))
    .addHelpText('after', `${AWS_HELP}\n\nExample:\n  $ dpo status nightly-7 --follow`)
    .action(async (run: string, flags: StatusFlags) => {
      const [{ findDeployment }, { findExecution }, { progressLine }, { tellEnd }, { watchRun }] = await Promise.all([
        import('../aws/deployment.ts'),
        import('../aws/executions.ts'),
        import('../aws/follow.ts'),
        import('../aws/end.ts'),
        import('../aws/watch-run.ts'),
      ]);
      const deployment = await findDeployment(flags);
      if (flags.follow) return watchRun(deployment, run, flags);
      const execution = await findExecution(deployment, run);
      const line = await progressLine(deployment);
      tell(`${oneLine(await line(execution))}\n`);
      await tellEnd(deployment, execution, flags.json);
    });
}
