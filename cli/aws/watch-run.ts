import { oneLine, tell } from '../terminal.ts';
import type { Deployment } from './deployment.ts';
import { tellEnd } from './end.ts';
import { findExecution } from './executions.ts';
import type { WatchFlags } from './flags.ts';
import { follow } from './follow.ts';

/** Follows a run to its end and tells it. Ctrl-C leaves the run going. */
export async function watchRun(
  deployment: Deployment,
  run: string,
  { json, quiet, pollSeconds }: Omit<WatchFlags, 'stack'>,
): Promise<void> {
  process.once('SIGINT', () => {
    tell(`\nRun ${run} continues on AWS. Follow it again with: dpo status ${run} --follow\n`);
    process.exit(130);
  });
  const { arn } = await findExecution(deployment, run);
  const say = (line: string): void => void (quiet || tell(`${oneLine(line)}\n`));
  await tellEnd(deployment, await follow(deployment, arn, say, pollSeconds), json);
}
