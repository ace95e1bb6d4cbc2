import { InvalidRequest } from '../../errors.ts';
import { isIncomplete } from '../../sources/containers/container.ts';
import { isCandidateLine } from '../../sources/formats/candidates/candidate-line.ts';
import { isAtif } from '../../sources/formats/nat/trace-item.ts';
import { isObject, type JsonObject } from '../../sources/json/exact-json.ts';
import { readKey } from '../../sources/read-key.ts';
import { each } from '../each.ts';
import { type ListedObject, TRACE_NAME } from '../find-traces.ts';
import { formatsOf, PLAIN } from './find-formats.ts';
import type { SampledObject } from './sample-object.ts';

/** NAT's traces, or adjacent candidate lines, among the objects, and the others, with what keeps them from being read. */
export interface SortedObjects {
  readonly objects: readonly ListedObject[];
  readonly strangers: readonly (Pick<ListedObject, 'key'> & Partial<Pick<SampledObject, 'unsure'>>)[];
}

/**
 * The objects to read as NAT's traces or as adjacent candidate lines; undefined where the first of them are of another
 * format, or of none that could be theirs. `linesHaveFormat`: candidate lines are read as a format's records, which take
 * settings that the faster reader lacks. Objects that show nothing (empty ones, broken ones) go with their neighbours.
 */
export async function findNative(
  first: readonly SampledObject[],
  objects: readonly ListedObject[],
  { linesHaveFormat, look }: { readonly linesHaveFormat: boolean; readonly look: Look },
): Promise<SortedObjects | undefined> {
  const kinds = await each(first, first.length, (one) => kindOfObject(one, linesHaveFormat));
  const foreign = kinds.indexOf('another');
  const native = kinds.indexOf('native');
  if (foreign !== -1 && native !== -1) {
    throw new InvalidRequest(
      `${first[native]?.object.key} holds NAT's traces and ${first[foreign]?.object.key} records of another format, but a run reads one format. Give the files of one format as source.traces, or name what to read, as in --set source.format=nat.`,
    );
  }
  const isOther = kinds.some(
    (kind, at) =>
      kind === 'strange' || kind === 'unlike' || (kind === 'broken' && !TRACE_NAME.test(first[at]?.object.key ?? '')),
  );
  if (foreign !== -1 || (native === -1 && isOther)) return undefined;
  const known = kinds.map((kind, at) => ({ kind, unsure: first[at]?.unsure }));
  const sorted = await sortByContent(objects, look, known);
  return sorted.objects.length > 0 ? sorted : undefined;
}

type Look = (object: ListedObject) => Promise<SampledObject>;

/**
 * Keeps the traces among the objects by their content: what it shows to be something else is passed over, where there are
 * traces. What cannot be read is nothing else: it stays, so that its loss says why. Objects that a person named stay.
 * `known`: the kinds of the first.
 */
export async function sortByContent(
  objects: readonly ListedObject[],
  look: Look,
  known: readonly Looked[] = [],
): Promise<SortedObjects> {
  if (objects.length === 1 || objects.every(({ named }) => named)) return { objects, strangers: [] };
  const unknown = objects.slice(known.length, MOST_LOOKED_AT);
  const looked = [
    ...known,
    ...(await each(unknown, LOOKS_AT_ONCE, async (object): Promise<Looked> => {
      const one = await look(object);
      return { kind: await kindOfObject(one, false), unsure: one.unsure };
    })),
  ];
  const hasTraces = looked.some(({ kind }) => kind === 'native');
  const isKept = ({ key, named }: ListedObject, at: number): boolean => {
    const kind = looked[at]?.kind ?? 'unknown';
    return (
      named === true ||
      kind === 'native' ||
      (kind === 'broken' && hasTraces) ||
      (TRACE_NAME.test(key) && (kind === 'unknown' || !hasTraces))
    );
  };
  return {
    objects: objects.filter(isKept),
    strangers: objects.flatMap((object, at) =>
      isKept(object, at) ? [] : [{ key: object.key, unsure: looked[at]?.unsure }],
    ),
  };
}

/** Some seconds; behind them the names decide, and what is no trace is a loss by its name. */
const MOST_LOOKED_AT = 1_000;
/** Small requests; so many keep a store busy without being throttled. */
export const LOOKS_AT_ONCE = 32;

interface Looked extends Pick<SampledObject, 'unsure'> {
  readonly kind: Kind;
}

/**
 * `another`: of another format. `strange`: records of none. `unlike`: of no known format, and in a container that NAT's
 * traces never come in: a table beside them, say. `broken`: cut short before its first record.
 */
type Kind = 'native' | 'another' | 'strange' | 'unlike' | 'broken' | 'unknown';

async function kindOfObject(one: SampledObject, linesHaveFormat: boolean): Promise<Kind> {
  if (!one.slice) return one.unsure === undefined || TRACE_NAME.test(one.object.key) ? 'unknown' : 'unlike';
  const { container, text } = one.slice;
  const isNativeContainer = container === 'lines' || container === 'array' || (container === 'gzip' && !text);
  // Most of NAT's items are longer than what was read, so this is found without parsing one.
  if (isNativeContainer && one.head.includes('"intermediate_steps"')) return 'native';
  const { records, rejected } = await one.sample(PLAIN);
  const hasSteps = records.some((record) => isObject(record) && record.intermediate_steps !== undefined);
  // A line that was cut short looks as if it went on over lines.
  if (container === 'json' && records.length === 0) return 'unknown';
  if (records.length === 0 && rejected && isIncomplete(rejected.reason)) return 'broken';
  if (records.length === 0 && !TRACE_NAME.test(one.object.key)) return 'unlike';
  if (hasSteps) return 'native';
  if (!isNativeContainer) return (await formatsOf(one)).length > 0 ? 'another' : 'unlike';
  if (container !== 'array' && !linesHaveFormat && areAdjacent(records)) return 'native';
  if ((await formatsOf(one)).length > 0) return 'another';
  return records.length > 0 && records.every(isStrange) ? 'strange' : 'unknown';
}

/** An object of other keys than those of NAT's items and of candidate lines. An id alone may be the rest of an item. */
const isStrange = (record: unknown): boolean =>
  isObject(record) &&
  !isAtif(record) &&
  ((record.id === undefined && record.example_id === undefined) ||
    (!isCandidateLine(record) && Object.keys(record).length > 1 && !NAT_KEYS.some((key) => key in record)));

/** Beside `id` and `intermediate_steps`; the last two are of its ATIF export, or of renamed keys. */
const NAT_KEYS = [
  'question',
  'answer',
  'generated_answer',
  'expected_intermediate_steps',
  'schema_version',
  'trajectory',
];

/** Candidate lines, of which no example ends with a single line or begins again. */
function areAdjacent(records: readonly unknown[]): boolean {
  if (
    records.length === 0 ||
    !records.every((record): record is JsonObject => isObject(record) && isCandidateLine(record))
  )
    return false;
  const runs: { id: string; lines: number }[] = [];
  for (const record of records) {
    const id = readKey(record.example_id);
    // A line without one is a loss; it says nothing of its neighbours.
    if (id === undefined) continue;
    const last = runs.at(-1);
    if (last?.id === id) last.lines += 1;
    else runs.push({ id, lines: 1 });
  }
  const ended = runs.slice(0, -1);
  return new Set(runs.map(({ id }) => id)).size === runs.length && ended.every(({ lines }) => lines > 1);
}
