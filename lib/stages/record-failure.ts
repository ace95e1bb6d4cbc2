import { CUT_OFF } from '../contract/ended-execution.ts';
import {
  type FailedState,
  forFailState,
  type RecordFailureInput,
  type RecordFailureOutput,
  RunFailure,
} from '../contract/failure.ts';
import { plainCause, shortened } from '../contract/failure-cause.ts';
import { isKilled, killedMessage, stepOf } from '../contract/killed-function.ts';
import type { Step } from '../contract/steps.ts';
import { whatToDo } from '../contract/what-to-do.ts';
import { PipelineError, StoreUnavailable } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { inOneChunk } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { ownerOf } from './claim.ts';
import type { Deps } from './deps.ts';
import { requestOf, uploadedRunId } from './request-of.ts';
import type { UploadedSettingsDeps } from './uploaded-settings.ts';

export interface RecordFailureDeps extends UploadedSettingsDeps {
  /** What each step's function has, on AWS. */
  readonly memoryMb?: (step: Step) => number;
}

/**
 * Writes `failure.json` for a person to read, and says the failure as its Fail state shall. An execution that was refused
 * a run id, because it is another request's or its own run is committed, writes nothing there.
 */
export async function recordFailure(
  { execution, failed, ended_at }: RecordFailureInput,
  deps: RecordFailureDeps,
): Promise<RecordFailureOutput> {
  const { state, shard, batch, failure } = failed;
  const message = shortened(messageOf(failed, deps));
  const said = forFailState({ Error: failure.Error, Cause: message });
  const run_id = failed.run_id ?? (await runBegunBy(execution, failed, deps));
  if (run_id === undefined) return { failure: said, recorded: null };
  const { failure: key } = runKeys(run_id);
  if (ended_at !== undefined && (await tellsMore(key, { execution, ended_at }, deps))) {
    return { failure: said, recorded: null };
  }
  const record: RunFailure = {
    run_id,
    execution,
    failed_at: ended_at ?? deps.now().toISOString(),
    ...{ state, shard, batch },
    error: failure.Error,
    message,
    what_to_do: whatToDo(failure.Error, execution, stepOf(state)),
  };
  await deps.collections.write(key, inOneChunk(jsonText(record)));
  return { failure: said, recorded: key };
}

function messageOf({ state, failure }: FailedState, { memoryMb }: RecordFailureDeps): string {
  const message = plainCause(failure.Cause) || `${state ?? 'The execution'} ended without a message.`;
  const step = stepOf(state);
  return step && memoryMb && isKilled(failure.Error) ? killedMessage(step, memoryMb(step), message) : message;
}

/** Of an execution that failed in Evaluate, or outside of its states: the run that it may write to. */
async function runBegunBy(
  execution: string,
  { started_with: input, failure }: FailedState,
  deps: UploadedSettingsDeps,
): Promise<string | undefined> {
  const request = await requestOf({ execution, input }, deps).catch(unreadable);
  if (!request) return unclaimedUpload(input, deps);
  if ((await ownerOf(request, deps)) === 'another') return undefined;
  // One that is cut off while it trains has long committed its data.
  if (request.training && CUT_OFF.includes(failure.Error)) return request.run_id;
  return (await deps.collections.head(runKeys(request.run_id).manifest)) ? undefined : request.run_id;
}

/** The run of an upload whose request is refused: the upload names it, so long as no request has claimed that id. */
async function unclaimedUpload(
  input: unknown,
  { collections }: Pick<Deps, 'collections'>,
): Promise<string | undefined> {
  const run_id = uploadedRunId(input);
  return run_id === undefined || (await collections.head(runKeys(run_id).request)) ? undefined : run_id;
}

/** Whether what stands is this execution's own, which names the state, or that of a later end: events come late. */
async function tellsMore(
  key: string,
  { execution, ended_at }: { readonly execution: string; readonly ended_at: string },
  { collections }: Pick<Deps, 'collections'>,
): Promise<boolean> {
  if (!(await collections.head(key))) return false;
  const standing = await readJson(collections, key, RunFailure);
  return standing.execution === execution || Date.parse(standing.failed_at) > Date.parse(ended_at);
}

/** A request that cannot be read, or is refused, names no run. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof PipelineError) || error instanceof StoreUnavailable) throw error;
  return undefined;
}
