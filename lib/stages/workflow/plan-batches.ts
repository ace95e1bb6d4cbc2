import type { EvaluateOutput } from '../../contract/states.ts';
import {
  type Batch,
  DatasetPin,
  type SkippedRows,
  type WorkflowSource,
  workflowKeys,
} from '../../contract/workflow.ts';
import { InvalidRequest } from '../../errors.ts';
import type { ObjectStore, StoredObject } from '../../objects/store.ts';
import { jsonText, readJson } from '../../objects/stored-json.ts';
import { unknownName } from './body.ts';
import { linesOf } from './lines.ts';
import { type DatasetEntry, readDataset } from './rows.ts';

export interface WorkflowPlan extends NonNullable<EvaluateOutput['workflow']> {
  /** The dataset as it was read. */
  readonly dataset: DatasetPin;
}

/**
 * Writes the dataset's rows in one form (`dataset.jsonl`) and cuts them into batches (`batches.json`), repetition by
 * repetition as NAT does. Both are created once: what an earlier try wrote is what counts, even if the dataset changed.
 * Throws {@link InvalidRequest} for a dataset that is not there, or none.
 */
export async function planBatches(
  runId: string,
  source: WorkflowSource,
  stores: { readonly datasets: ObjectStore; readonly runs: ObjectStore },
): Promise<WorkflowPlan> {
  const keys = workflowKeys(runId);
  if (!(await stores.runs.head(keys.dataset))) {
    const dataset = await findDataset(source, stores.datasets);
    const read = () => readDataset(stores.datasets, dataset, source);
    // Until the rows exist, it is written again: a dataset that was fixed after a failed try is read as it is now.
    await stores.runs.write(keys.datasetPin, pinText(source, dataset, await countSkipped(read())));
    await stores.runs.write(keys.dataset, asLines(read(), source), { ifAbsent: true });
  }
  const cuts = await cut(stores.runs, keys.dataset, source.batch_size);
  const batches = repeat(cuts, source.reps);
  await stores.runs.create(keys.batches, new TextEncoder().encode(JSON.stringify(batches)));
  return {
    key: keys.batches,
    batches: batches.length,
    examples: batches.reduce((sum, batch) => sum + batch.rows, 0),
    max_concurrency: concurrencyOf(source).batches,
    dataset: await readJson(stores.runs, keys.datasetPin, DatasetPin),
  };
}

/** The dataset as it is now. Throws {@link InvalidRequest} where there is none. */
export async function findDataset({ dataset: { key } }: WorkflowSource, datasets: ObjectStore): Promise<StoredObject> {
  const dataset = await datasets.head(key);
  if (dataset) return dataset;
  throw new InvalidRequest(`no dataset ${key} in ${datasets.name}: check source.workflow.dataset`);
}

async function* pinText(
  { dataset: { bucket } }: WorkflowSource,
  { key, version, etag, bytes }: StoredObject,
  skipped: SkippedRows,
): AsyncGenerator<Uint8Array> {
  yield jsonText({ bucket, key, version, etag, bytes, skipped } satisfies DatasetPin);
}

/** How `max_concurrency` examples spread: so many batches at once, and so many examples at once in each. */
export function concurrencyOf(source: Pick<WorkflowSource, 'max_concurrency' | 'batch_size'>) {
  const examples = Math.min(source.max_concurrency, source.batch_size);
  return { batches: Math.floor(source.max_concurrency / examples), examples };
}

/** The rows that are asked, once a repetition. */
export async function countRows(source: WorkflowSource, dataset: StoredObject, datasets: ObjectStore): Promise<number> {
  let rows = 0;
  for await (const entry of readDataset(datasets, dataset, source)) if ('row' in entry) rows += 1;
  return rows;
}

async function countSkipped(rows: AsyncIterable<DatasetEntry>): Promise<SkippedRows> {
  const skipped = { repeated_id: 0, blank_question: 0 };
  for await (const entry of rows) if ('skipped' in entry) skipped[entry.skipped] += 1;
  return skipped;
}

async function* asLines(rows: AsyncIterable<DatasetEntry>, source: WorkflowSource): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const entry of rows) {
    if ('skipped' in entry) continue;
    const { row, number } = entry;
    const name = unknownName(source.body, row);
    if (name !== undefined) {
      throw new InvalidRequest(`source.workflow.body has {{${name}}}, but row ${number} has no such column`);
    }
    const line = encoder.encode(`${JSON.stringify(row)}\n`);
    if (line.length > LARGEST_ROW) {
      throw new InvalidRequest(
        `${source.dataset.key}: row ${number} has ${line.length} bytes, and a row to ask has at most ${LARGEST_ROW}; leave out columns that the workflow does not need`,
      );
    }
    yield line;
  }
}

/** 4 MiB, a million tokens: a batch holds a hundred of them. */
const LARGEST_ROW = 4_194_304;

type Cut = Omit<Batch, 'ordinal' | 'rep'>;

async function cut(store: ObjectStore, key: string, batchSize: number): Promise<Cut[]> {
  const cuts: Cut[] = [];
  let row = 0;
  for await (const { start, end } of linesOf(store.read(key))) {
    const last = cuts.at(-1);
    if (last && last.rows < batchSize) cuts.splice(-1, 1, { ...last, rows: last.rows + 1, end });
    else cuts.push({ first_row: row, rows: 1, start, end });
    row += 1;
  }
  return cuts;
}

const repeat = (cuts: readonly Cut[], reps: number): Batch[] =>
  Array.from({ length: reps }, (_, rep) =>
    cuts.map((cut, index) => ({ ordinal: rep * cuts.length + index, rep, ...cut })),
  ).flat();
