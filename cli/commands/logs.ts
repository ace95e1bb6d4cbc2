import { Command } from 'commander';
import type { AwsFlags } from '../aws/deployment.ts';
import { AWS_HELP, aboutRun, withAwsFlags } from '../aws/flags.ts';
import { oneLine, print } from '../terminal.ts';

/** `dpo logs`: what happened in a run on AWS, state by state. */
export function logsCommand(): Command {
  const command = new Command('logs').description(
    'Show what happened in a run on AWS: its states and failures with their times.',
  );
  return withAwsFlags(aboutRun(command))
    .addHelpText('after', `${AWS_HELP}\n\nExample:\n  $ dpo logs nightly-7`)
    .action(async (run: string, flags: AwsFlags) => {
      const [{ findDeployment }, { findExecution, history }, { eventLine }] = await Promise.all([
        import('../aws/deployment.ts'),
        import('../aws/executions.ts'),
        import('../aws/event-line.ts'),
      ]);
      const deployment = await findDeployment(flags);
      const { arn } = await findExecution(deployment, run);
      for await (const event of history(deployment, arn)) {
        const line = eventLine(event);
        if (line !== undefined) print(`${oneLine(line)}\n`);
      }
    });
}
