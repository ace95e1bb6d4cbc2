import { placeOf } from '../../lib/contract/failure.ts';
import { oneLine, print, tell } from '../terminal.ts';
import type { Deployment } from './deployment.ts';
import { type ExecutionDetail, originOf } from './executions.ts';
import { committedRun, recordedFailure, tableOf } from './follow.ts';

/**
 * Tells how an execution ended: the run's table or manifest on stdout, or its failure, as the run keeps it, on stderr
 * and exit code 1.
 */
export async function tellEnd(deployment: Deployment, execution: ExecutionDetail, json: boolean): Promise<void> {
  const { runId, failure } = execution;
  if (failure) {
    process.exitCode = 1;
    const recorded = await recordedFailure(deployment, execution);
    // One that was stopped, or timed out as a whole, has no cause of its own.
    tell(`${oneLine(`${failure.error}: ${failure.cause || (recorded?.message ?? 'no cause was given')}`)}\n`);
    const { first } = originOf(execution.name);
    const further = recorded
      ? `In ${placeOf(recorded)} of run ${runId}. ${recorded.what_to_do}`
      : `Fix the cause, then: dpo redrive ${first}. It keeps what was built.`;
    tell(`${oneLine(further)}\n`);
    return;
  }
  const manifest = await committedRun(deployment, runId);
  if (!manifest) return;
  print(json ? `${JSON.stringify(manifest)}\n` : tableOf(deployment, manifest));
}
