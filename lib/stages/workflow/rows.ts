import { type CsvError, parse as parseCsv } from 'csv-parse/sync';
import type { WorkflowSource } from '../../contract/workflow.ts';
import { InvalidRequest } from '../../errors.ts';
import type { ObjectStore, StoredObject } from '../../objects/store.ts';
import { readItems } from '../../sources/containers/read-records.ts';
import { depthOf, isNumber, isObject, parseExactly, pythonText } from '../../sources/json/exact-json.ts';
import { parsePythonJson } from '../../sources/json/python-json.ts';
import { MAX_DEPTH, type ReadItem } from '../../sources/record.ts';
import { joined } from './lines.ts';

/** One example of the dataset. Values are JSON whose numbers keep their digits (`parseExactly`). */
export interface DatasetRow {
  /** Text or a number. */
  readonly id: unknown;
  readonly question: unknown;
  readonly answer: unknown;
  /** The dataset's other columns. */
  readonly columns: Readonly<Record<string, unknown>>;
}

type Keys = Pick<WorkflowSource, 'id_key' | 'question_key' | 'answer_key'>;

/**
 * The rows of a dataset: CSV by its name's ending (also before the `.dataset` of an uploaded copy) (held whole, at most 128 MiB), else a JSON array or JSON lines, as
 * traces are told apart. Throws InvalidRequest, naming the row (from 1), for what is no dataset.
 */
export async function* readDataset(store: ObjectStore, dataset: StoredObject, keys: Keys): AsyncGenerator<DatasetRow> {
  const entries = /\.csv(?:\.dataset)?$/i.test(dataset.key) ? readCsv(store, dataset) : readJson(store, dataset);
  let row = 0;
  for await (const entry of entries) {
    row += 1;
    yield toRow(entry, keys, `${dataset.key}: row ${row}`);
  }
  if (row === 0) throw new InvalidRequest(`${dataset.key}: the dataset has no rows`);
}

/** An id as text, as NAT writes it. */
export const idText = (id: unknown): string | undefined =>
  typeof id === 'string' ? id : isNumber(id) ? pythonText(id) : undefined;

async function* readJson(store: ObjectStore, dataset: StoredObject): AsyncGenerator<unknown> {
  const open = (start: number, end?: number) => store.read(dataset.key, { pin: dataset, start, end });
  const whole = { cut: null, start: 0, end: dataset.bytes, object_bytes: dataset.bytes };
  for await (const span of readItems(open, whole, entryReader(dataset.key))) {
    if ('rejected' in span) throw new InvalidRequest(`${dataset.key}: at byte ${span.offset}, ${span.rejected.detail}`);
    yield span.item;
  }
}

const entryReader =
  (key: string): ReadItem<unknown> =>
  (bytes) => {
    const json = parsePythonJson(decode(bytes, key));
    if (!json) {
      const detail = `a row of ${bytes.length} bytes is not valid JSON`;
      return { rejected: { reason: 'invalid_json', detail, exampleId: null } };
    }
    if (depthOf(json.text, MAX_DEPTH) > MAX_DEPTH) {
      throw new InvalidRequest(`${key}: a row nests deeper than ${MAX_DEPTH} levels`);
    }
    return { item: parseExactly(json.text) };
  };

async function* readCsv(store: ObjectStore, dataset: StoredObject): AsyncGenerator<unknown> {
  if (dataset.bytes > MOST_CSV_BYTES) {
    throw new InvalidRequest(
      `${dataset.key}: larger than the ${MOST_CSV_BYTES} bytes read of a CSV; make it JSON lines`,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(dataset.key, { pin: dataset })) pieces.push(piece);
  const text = decode(joined(pieces), dataset.key);
  try {
    yield* parseCsv<unknown>(text, { bom: true, columns: true, skip_empty_lines: true });
  } catch (error) {
    if (!isCsvError(error)) throw error;
    const line = Reflect.get(error, 'lines');
    throw new InvalidRequest(`${dataset.key}: not valid CSV (${error.code}), at line ${String(line)}`);
  }
}

/** 128 MiB: far more than a list of questions is. */
const MOST_CSV_BYTES = 134_217_728;

const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('CSV_');

function toRow(entry: unknown, keys: Keys, where: string): DatasetRow {
  if (!isObject(entry)) throw new InvalidRequest(`${where} is no object with columns`);
  const { [keys.id_key]: id, [keys.question_key]: question, [keys.answer_key]: answer = null, ...columns } = entry;
  const found = Object.keys(entry).slice(0, 20).join(', ');
  if (idText(id) === undefined || id === '') {
    throw new InvalidRequest(`${where} has no text or number as its "${keys.id_key}"; set id_key to one of: ${found}`);
  }
  if (question === undefined || question === null || (typeof question === 'string' && question.trim() === '')) {
    throw new InvalidRequest(`${where} has no "${keys.question_key}"; set question_key to one of: ${found}`);
  }
  return { id, question, answer, columns: withoutReserved(columns) };
}

/** A trace item has these of its own. A dataset may well be an earlier run's output. */
const RESERVED = new Set([
  'id',
  'question',
  'answer',
  'generated_answer',
  'intermediate_steps',
  'expected_intermediate_steps',
  'workflow_run',
]);

const withoutReserved = (columns: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => !RESERVED.has(name)));

function decode(bytes: Uint8Array, key: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InvalidRequest(`${key}: not valid UTF-8`, { cause: error });
  }
}
