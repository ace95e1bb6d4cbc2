import type { RecordFailureInput, RecordFailureOutput, RunFailure } from '../contract/failure.ts';
import { runKeys } from '../contract/keys.ts';
import type { Deps } from '../deps.ts';
import { PipelineError, StoreUnavailable } from '../errors.ts';
import { plainCause, shortened } from '../failure-cause.ts';
import { jsonText } from '../stored-json.ts';
import { whatToDo } from '../what-to-do.ts';
import { ownerOf } from './claim.ts';
import { requestOf } from './request-of.ts';

/**
 * Writes `failure.json` for a person to read, and says the failure as its Fail state shall. An execution that was refused
 * a run id, because it is another request's or its own run is committed, writes nothing there.
 */
export async function recordFailure(
  { execution, failed }: RecordFailureInput,
  deps: Deps,
): Promise<RecordFailureOutput> {
  const { state, shard, batch, failure } = failed;
  const message = shortened(plainCause(failure.Cause) || `${state} ended without a message.`);
  const said = { Error: failure.Error, Cause: message };
  const run_id = failed.run_id ?? (await runBegunBy(execution, failed.started_with, deps));
  if (run_id === undefined) return { failure: said, recorded: null };
  const record: RunFailure = {
    run_id,
    execution,
    failed_at: deps.now().toISOString(),
    state,
    ...(shard === undefined ? {} : { shard }),
    ...(batch === undefined ? {} : { batch }),
    error: failure.Error,
    message,
    what_to_do: whatToDo(failure.Error, execution),
  };
  const { failure: key } = runKeys(run_id);
  await deps.collections.write(key, whole(jsonText(record)));
  return { failure: said, recorded: key };
}

/** Of an execution that failed in Evaluate: the run that it may write to. */
async function runBegunBy(execution: string, input: unknown, deps: Deps): Promise<string | undefined> {
  const request = await requestOf({ execution, input }, deps).catch(unreadable);
  if (!request) return undefined;
  const owner = await ownerOf(request, deps);
  if (owner === 'another' || (await deps.collections.head(runKeys(request.run_id).manifest))) return undefined;
  return request.run_id;
}

/** A request that cannot be read names no run. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof PipelineError) || error instanceof StoreUnavailable) throw error;
  return undefined;
}

async function* whole(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
