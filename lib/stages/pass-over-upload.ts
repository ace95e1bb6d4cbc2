import { S3Event } from '../contract/start.ts';
import type { EvaluateInput, EvaluateOutput } from '../contract/states.ts';
import { runKeys } from '../objects/keys.ts';
import { isLeftBeside } from '../sources/beside-traces.ts';
import { readWhole } from '../sources/containers/byte-reader.ts';
import {
  beginsEvaluatorOutput,
  isEvaluatorOutputName,
  isOtherFile,
  nameOf,
} from '../sources/formats/nat/evaluation-folder.ts';
import type { Deps } from './deps.ts';
import { ifFound } from './if-found.ts';
import { uploadedRunId } from './request-of.ts';

/**
 * NAT uploads the whole folder of an evaluation, an event each, and people upload folders with what lies in them. What
 * holds no traces starts no run: nothing is claimed and nothing fails. Undefined for every other start. A rule of
 * EventBridge cannot tell these names from those of traces.
 */
export async function passOverUpload(
  { input }: EvaluateInput,
  { bucket: open, collectionsBucket: bucket }: Deps,
): Promise<EvaluateOutput | undefined> {
  const event = S3Event.safeParse(input);
  const run_id = uploadedRunId(input);
  if (!event.success || run_id === undefined) return undefined;
  const { object, bucket: traces } = event.data.detail;
  const name = nameOf(object.key);
  const isOther =
    isLeftBeside(object.key) ||
    isOtherFile(name) ||
    (isEvaluatorOutputName(name) && (await isEvaluatorOutput(open(traces.name), object.key)));
  if (!isOther) return undefined;
  const nothing = { shards: 0, inputs: 0, input_bytes: 0, max_concurrency: 1, datasets: 'none' } as const;
  return { run_id, status: 'passed_over', plan: { bucket, key: runKeys(run_id).plan }, ...nothing };
}

/** If it was removed since, the run says so. */
async function isEvaluatorOutput(store: ReturnType<Deps['bucket']>, key: string): Promise<boolean> {
  const head = await ifFound(readWhole(store.read(key, { start: 0, end: LOOKED_AT_BYTES }), LOOKED_AT_BYTES));
  return head !== undefined && beginsEvaluatorOutput(head);
}

/** Its first key is within. */
const LOOKED_AT_BYTES = 1024;
