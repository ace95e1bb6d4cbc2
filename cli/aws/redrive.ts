import { startExecution } from '../../adapters/step-functions/start-execution.ts';
import { S3Event } from '../../lib/contract/start.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { isObject } from '../../lib/sources/json/exact-json.ts';
import type { RedriveFlags } from '../commands/redrive.ts';
import { tell } from '../terminal.ts';
import { findDeployment } from './deployment.ts';
import { type ExecutionDetail, findExecution, originOf, REDRIVEN } from './executions.ts';
import { watchRun } from './watch-run.ts';

/** Starts a new execution for a run whose last one failed. Throws {@link InvalidRequest} where there is nothing to do. */
export async function redrive(run: string, flags: RedriveFlags): Promise<void> {
  const deployment = await findDeployment(flags);
  // Named by an execution of it or by its id, a run is done again after its last execution.
  const last = await findExecution(deployment, originOf(run).first);
  if (last.status === 'RUNNING') throw new InvalidRequest(`Run ${run} is running: dpo status ${run} --follow.`);
  if (last.status === 'SUCCEEDED') throw new InvalidRequest(`Run ${run} succeeded. Nothing is left to do.`);
  const { first, redrives } = originOf(last.name);
  const name = `${first}${REDRIVEN}${redrives + 1}`;
  if (name.length > LONGEST_NAME) {
    throw new InvalidRequest(
      `${run} is too long a name for another numbered execution. Start one with dpo start --run-id ${last.runId}.`,
    );
  }
  if ((await startExecution(deployment, name, inputOf(last))) === 'exists') {
    throw new InvalidRequest(`Execution ${name} exists already: dpo status ${run}.`);
  }
  tell(`Started ${name}.\n`);
  if (flags.follow) await watchRun(deployment, name, flags);
}

/** The same run: an upload's event names it by itself, a request may have been named after the first execution. */
const inputOf = ({ input, runId }: ExecutionDetail): unknown =>
  S3Event.safeParse(input).success || !isObject(input) ? input : { ...input, run_id: runId };

/** Characters of an execution's name, by Step Functions. */
const LONGEST_NAME = 80;
