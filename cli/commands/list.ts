import { Command } from 'commander';
import type { AwsFlags } from '../aws/deployment.ts';
import { AWS_HELP, withAwsFlags } from '../aws/flags.ts';
import { countFromFlag } from '../settings.ts';
import { oneLine, print, tell } from '../terminal.ts';

/** `dpo list`: the runs on AWS, the newest first. */
export function listCommand(): Command {
  return withAwsFlags(
    new Command('list')
      .description('List the executions on AWS, the newest first.')
      .option('--limit <count>', 'how many to list at most', '20')
      .option('--json', 'print one execution a line, as JSON'),
  )
    .addHelpText('after', `${AWS_HELP}\n\nExample:\n  $ dpo list --limit 5`)
    .action(async ({ limit, json, ...flags }: AwsFlags & { limit: string; json?: boolean }) => {
      const most = countFromFlag('--limit', limit);
      const [{ findDeployment }, { executions }] = await Promise.all([
        import('../aws/deployment.ts'),
        import('../aws/executions.ts'),
      ]);
      let shown = 0;
      for await (const { name, status, started, stopped } of executions(await findDeployment(flags))) {
        if (shown++ >= most) break;
        print(
          json
            ? `${JSON.stringify({ name, status, started, stopped })}\n`
            : `${started?.toISOString() ?? ''}  ${oneLine(`${status.toLowerCase().padEnd(9)}  ${name}`)}\n`,
        );
      }
      if (shown === 0) tell('No execution exists yet. dpo start starts one.\n');
    });
}
