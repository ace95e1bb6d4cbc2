import { type CsvError, parse as parseCsv } from 'csv-parse/sync';
import type { SkippedRows, WorkflowSource } from '../../contract/workflow.ts';
import { InvalidRequest } from '../../errors.ts';
import type { ObjectStore, StoredObject } from '../../objects/store.ts';
import { digestText } from '../../preferences/digest.ts';
import { readItems } from '../../sources/containers/read-records.ts';
import { readExampleId } from '../../sources/formats/nat/trace-item.ts';
import { isBlank } from '../../sources/json/blank-text.ts';
import {
  depthOf,
  isNumber,
  isObject,
  type JsonObject,
  parseExactly,
  pythonText,
} from '../../sources/json/exact-json.ts';
import { parsePythonJson } from '../../sources/json/python-json.ts';
import { MAX_DEPTH, type ReadItem } from '../../sources/record.ts';

/** One example of the dataset. Values are JSON whose numbers keep their digits (`parseExactly`). */
export interface DatasetRow {
  /** Text or a number. */
  readonly id: unknown;
  readonly question: unknown;
  readonly answer: unknown;
  /** The dataset's other columns. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** A row to ask, with its number from 1, or why one is not asked. */
export type DatasetEntry =
  | { readonly row: DatasetRow; readonly number: number }
  | { readonly skipped: keyof SkippedRows };

type Keys = Pick<WorkflowSource, 'id_key' | 'question_key' | 'answer_key'>;

/**
 * The rows of a dataset: CSV by its name's ending (held whole, at most 128 MiB), else a JSON array or JSON lines, as
 * traces are told apart. As NAT does, it asks the first row of a repeated id and no row without a question. Throws InvalidRequest, naming the row (from 1), for what is no dataset.
 */
export async function* readDataset(
  store: ObjectStore,
  dataset: StoredObject,
  keys: Keys,
): AsyncGenerator<DatasetEntry> {
  const entries = /\.csv(?:\.dataset)?$/i.test(dataset.key) ? readCsv(store, dataset) : readJson(store, dataset);
  const ids = new Set<string>();
  let number = 0;
  let asked = 0;
  let first: JsonObject | undefined;
  for await (const entry of entries) {
    number += 1;
    const where = `${dataset.key}: row ${number}`;
    if (!isObject(entry)) throw new InvalidRequest(`${where} is not an object with columns`);
    first ??= entry;
    const id = readExampleId(entry[keys.id_key]);
    if (!id || id.text === '' || idText(entry[keys.id_key]) === undefined) {
      throw noColumn(`${where} has no text or number as its "${keys.id_key}"; set id_key`, entry);
    }
    // Python's dict and pandas take 1 and 1.0 for one id; a digest is as long for any.
    const known = digestText(id.key);
    if (ids.has(known)) yield { skipped: 'repeated_id' };
    else if (isMissing(entry[keys.question_key])) yield { skipped: 'blank_question' };
    else {
      asked += 1;
      yield { row: toRow(entry, keys), number };
    }
    ids.add(known);
  }
  if (!first) throw new InvalidRequest(`${dataset.key}: the dataset has no rows`);
  if (asked > 0) return;
  throw noColumn(`${dataset.key}: no row has a "${keys.question_key}"; set question_key`, first);
}

/** Without a header, the names of columns are a row of the dataset. */
const noColumn = (what: string, entry: JsonObject): InvalidRequest =>
  new InvalidRequest(`${what} to one of: ${columnsOf(entry)}`, {
    inLogs: `${what} to one of its ${Object.keys(entry).length} columns, and give a CSV a first line with their names`,
  });

const isMissing = (question: unknown): boolean =>
  question === undefined || question === null || (typeof question === 'string' && isBlank(question));

const columnsOf = (entry: JsonObject): string => Object.keys(entry).slice(0, 20).join(', ');

/** An id as text, as NAT writes it. */
export const idText = (id: unknown): string | undefined =>
  typeof id === 'string' ? id : isNumber(id) ? pythonText(id) : undefined;

async function* readJson(store: ObjectStore, dataset: StoredObject): AsyncGenerator<unknown> {
  const open = (start: number, end?: number) => store.read(dataset.key, { pin: dataset, start, end });
  const whole = { cut: null, start: 0, end: dataset.bytes, object_bytes: dataset.bytes };
  for await (const span of readItems(open, whole, entryReader(dataset.key))) {
    if ('rejected' in span) {
      const { reason, detail } = span.rejected;
      const where = `${dataset.key}: at byte ${span.offset}, `;
      throw new InvalidRequest(`${where}${detail}`, { inLogs: `${where}${reason}` });
    }
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
  const pieces = await Array.fromAsync(store.read(dataset.key, { pin: dataset }));
  const text = decode(Buffer.concat(pieces), dataset.key);
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

function toRow(entry: JsonObject, keys: Keys): DatasetRow {
  const { [keys.id_key]: id, [keys.question_key]: question, [keys.answer_key]: answer = null, ...columns } = entry;
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
