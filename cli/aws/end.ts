import type { Deployment } from './deployment.ts';
import type { ExecutionDetail } from './executions.ts';
import { committedRun, tableOf } from './follow.ts';

/** Tells how an execution ended: the run's table or manifest on stdout, or its failure on stderr and exit code 1. */
export async function tellEnd(deployment: Deployment, execution: ExecutionDetail, json: boolean): Promise<void> {
  const { runId, failure } = execution;
  if (failure) {
    process.stderr.write(`${failure.error}: ${failure.cause}\n`);
    process.stderr.write(`When its cause is mended: dpo redrive ${runId}. What was built is kept.\n`);
    process.exitCode = 1;
    return;
  }
  const manifest = await committedRun(deployment, runId);
  if (!manifest) return;
  process.stdout.write(json ? `${JSON.stringify(manifest)}\n` : tableOf(deployment, manifest));
}
