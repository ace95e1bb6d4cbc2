import { compareText } from '../compare-text.ts';
import type { TraceObject } from '../contract/plan.ts';
import type { Beside } from '../contract/run-source.ts';
import type { TraceLocation, TraceSource } from '../contract/source.ts';
import { NoTraces } from '../errors.ts';
import type { StoredObject } from '../objects/store.ts';
import { findRunFolders, isHidden, isSourceName, pathBelow } from '../sources/beside-traces.ts';
import type { Deps } from './deps.ts';
import { describeBeside, tallyBeside } from './tally-beside.ts';

/** Under a prefix, objects so named may be NAT's traces or candidate lines. */
export const TRACE_NAME = /\.(?:json|jsonl|ndjson)(?:\.gz)?$/i;
export const REQUEST_NAME = /(?:^|\/)run\.json$/;

export interface FoundTraces {
  /** Pinned, in code-unit order of their keys. */
  readonly objects: readonly ListedObject[];
  /** What lies beside them and is no trace by its name. */
  readonly beside: readonly Beside[];
}

export interface ListedObject extends TraceObject {
  /** By a person: it is read whatever its name is. */
  readonly named?: true;
  /** When it was written, in milliseconds of the store's own clock, where a listing tells. */
  readonly modified?: number | undefined;
}

/** The trace objects that the source names, and what is passed over beside them. Throws {@link NoTraces} where there are none. */
export async function findTraces(
  { traces }: Pick<TraceSource, 'traces'>,
  deps: Pick<Deps, 'bucket'>,
): Promise<FoundTraces> {
  const found = new Map<string, FoundObject>();
  const besides: Beside[] = [];
  for (const location of Array.isArray(traces) ? traces : [traces]) {
    const { objects, beside } = 'key' in location ? await headNamed(location, deps) : await listPrefix(location, deps);
    if (objects.length === 0) throw new NoTraces(nothingAt(location, beside, deps));
    for (const object of objects) {
      const key = JSON.stringify([object.key, object.bucket]);
      if (!found.get(key)?.named) found.set(key, object);
    }
    besides.push(...beside);
  }
  const inOrder = [...found.values()].sort((a, b) => compareText(a.key, b.key) || compareText(a.bucket, b.bucket));
  const { objects, beside } = readOnce(inOrder);
  return { objects, beside: [...besides, ...beside] };
}

/** Of several names of one file one is read: what a person named, else the file itself, else the first link to it. */
function readOnce(found: readonly FoundObject[]): FoundTraces {
  const rank = ({ named, isLink }: FoundObject) => (named ? 0 : isLink ? 2 : 1);
  const chosen = new Map<string, FoundObject>();
  for (const object of found) {
    const known = object.file === undefined ? undefined : chosen.get(object.file);
    if (object.file !== undefined && (!known || rank(object) < rank(known))) chosen.set(object.file, object);
  }
  const objects: ListedObject[] = [];
  const twins = tallyBeside();
  for (const object of found) {
    const { file, isLink: _, ...listed } = object;
    if (file === undefined || chosen.get(file) === object) objects.push(listed);
    else twins.add('twin', object.key);
  }
  return { objects, beside: twins.found() };
}

type FoundObject = ListedObject & Pick<StoredObject, 'file' | 'isLink'>;
interface Found {
  readonly objects: readonly FoundObject[];
  readonly beside: readonly Beside[];
}

async function headNamed(
  { bucket, key }: Extract<TraceLocation, { key: string }>,
  deps: Pick<Deps, 'bucket'>,
): Promise<Found> {
  const object = await deps.bucket(bucket).head(key);
  return { objects: object ? [{ bucket, ...object, named: true }] : [], beside: [] };
}

async function listPrefix(
  { bucket, prefix }: Extract<TraceLocation, { prefix: string }>,
  deps: Pick<Deps, 'bucket'>,
): Promise<Found> {
  const beside = tallyBeside();
  const listed: FoundObject[] = [];
  for await (const { leadsOut, ...object } of deps.bucket(bucket).list(prefix)) {
    const { key } = object;
    const path = pathBelow(prefix, key);
    if (isHidden(path)) beside.add('hidden', key);
    else if (leadsOut) beside.add('link', key);
    else if (!isSourceName(key)) beside.add('name', key);
    else if (!REQUEST_NAME.test(key)) listed.push({ bucket, ...object });
  }
  const runs = findRunFolders(listed.map(({ key }) => key));
  const objects = listed.filter(({ key }) => {
    const run = runs.find((folder) => key.startsWith(folder));
    // The folder of one run, named by itself, is its collection.
    if (run === undefined || (prefix.startsWith(run) && key === `${run}collection.jsonl`)) return true;
    beside.add('run', run === '' ? key : run);
    return false;
  });
  return { objects, beside: beside.found() };
}

function nothingAt(location: TraceLocation, beside: readonly Beside[], deps: Pick<Deps, 'bucket'>): string {
  const { name } = deps.bucket(location.bucket);
  if ('key' in location) return `${name}/${location.key} does not exist; check source.traces.`;
  const others = beside.map((one) => ` ${describeBeside(one)}`).join('');
  return `No file with records under ${name}/${location.prefix} (.json, .jsonl, .csv, .parquet, .eval and the like, or .gz of one); check source.traces.${others}`;
}
