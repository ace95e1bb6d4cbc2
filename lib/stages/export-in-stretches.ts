import type * as z from 'zod';
import type { CollectionRun } from '../contract/collection-run.ts';
import type { Counters } from '../contract/counters.ts';
import type { Request } from '../contract/request.ts';
import type { Exporting, FinalizeInput } from '../contract/states.ts';
import { RecordedStretch, type Stretch, Stretches, StretchesChoice, WrittenStretch } from '../contract/stretch.ts';
import { planExport } from '../datasets/export-plan.ts';
import { finishDatasets } from '../datasets/finish.ts';
import { storeLineSink } from '../datasets/line-sink.ts';
import { ObjectNotFound, ShardMissing } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import type { ObjectStore } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { chooseByRecords } from './choose-by-records.ts';
import { composeFormats } from './compose-formats.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { filesOf, type WrittenDatasets } from './write-datasets.ts';

/**
 * Writes the datasets of a collection that is too large for one function: every stretch of it is recorded, the pairs are
 * chosen by the records alone, every stretch writes what was chosen of it, and the parts are composed. The files are
 * those that `exportDatasets` writes. Answers what is to be done with the stretches next, or that nothing is left to do.
 */
export async function exportInStretches(
  request: Request,
  collection: { readonly bytes: number; readonly stretchBytes: number },
  totals: Counters,
  input: FinalizeInput,
  deps: Deps,
): Promise<(WrittenDatasets & { readonly records: readonly CollectionRun[] }) | Exporting['export']> {
  const { run_id } = request;
  const keys = runKeys(run_id).export;
  const store = deps.collections;
  const done = 'export' in input ? input.export.phase : undefined;
  await store.create(keys.stretches, jsonText(stretchesOf(collection)));
  const stretches = await readJson(store, keys.stretches, Stretches);
  const next = (phase: Exporting['export']['phase']): Exporting['export'] => ({
    key: keys.stretches,
    stretches: stretches.length,
    phase,
  });

  const recorded = await told(run_id, stretches, 'recorded', RecordedStretch, store);
  if (!recorded.every((one) => one !== undefined)) {
    requireNotDone(run_id, done === 'record' || done === 'write', recorded);
    return next('record');
  }
  const plan = planExport(request.dataset, request.builder);
  if (!(await store.head(keys.choice))) await chooseByRecords(request, plan, recorded, deps);
  const written = await told(run_id, stretches, 'written', WrittenStretch, store);
  if (!written.every((one) => one !== undefined)) {
    requireNotDone(run_id, done === 'write', written);
    return next('write');
  }
  const open = (format: string, file: string) => storeLineSink(store, runKeys(run_id).dataset(format, file));
  const job = { runId: run_id, settings: request.dataset, builder: request.builder, totals, open };
  const formats = await composeFormats(run_id, plan, written, deps);
  const { collection_runs, ...choice } = await readJson(store, keys.choice, StretchesChoice);
  const result = await finishDatasets(job, plan, choice, formats);
  return { files: filesOf(run_id, result), result, records: collection_runs };
}

const stretchesOf = ({ bytes, stretchBytes }: { readonly bytes: number; readonly stretchBytes: number }): Stretches =>
  Array.from({ length: Math.max(1, Math.ceil(bytes / stretchBytes)) }, (_, ordinal) => ({
    ordinal,
    start: ordinal * stretchBytes,
    end: Math.min((ordinal + 1) * stretchBytes, bytes),
    collection_bytes: bytes,
  }));

/** What each stretch told when it was done, in order; undefined where it is not. */
const told = <Schema extends z.ZodType>(
  runId: string,
  stretches: readonly Stretch[],
  what: 'recorded' | 'written',
  schema: Schema,
  store: ObjectStore,
): Promise<(z.infer<Schema> | undefined)[]> =>
  // 32 small requests at a time keep a store busy without being throttled.
  each(stretches, 32, async ({ ordinal }) => {
    try {
      return await readJson(store, runKeys(runId).export.stretch(ordinal)[what], schema);
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  });

/** The state machine comes back when all stretches are done: asking again for what is not there would never end. */
function requireNotDone(runId: string, done: boolean, stretches: readonly unknown[]): void {
  if (!done) return;
  throw new ShardMissing(
    `Stretch ${stretches.indexOf(undefined)} of the collection of run ${runId} was exported, but what it wrote is not there. Start the run again: only what is missing is done.`,
  );
}
