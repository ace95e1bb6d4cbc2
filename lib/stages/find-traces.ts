import type { TraceObject } from '../contract/plan.ts';
import type { TraceLocation, TraceSource } from '../contract/source.ts';
import { NoTraces } from '../errors.ts';
import type { Deps } from './deps.ts';

/** Under a prefix, objects so named may be NAT's traces or candidate lines. */
export const TRACE_NAME = /\.(?:json|jsonl|ndjson)(?:\.gz)?$/i;
/** Under a prefix, objects so named may hold records; anything else is there for other reasons (a README, a log). */
const SOURCE_NAME = /\.(?:(?:json|jsonl|ndjson|csv|tsv)(?:\.gz|\.zst)?|parquet|eval|zip)$/i;
export const REQUEST_NAME = /(?:^|\/)run\.json$/;

/**
 * The trace objects that the source names, pinned, in code-unit order of their keys. Throws {@link NoTraces} where there
 * are none.
 */
export async function findTraces(
  { traces }: Pick<TraceSource, 'traces'>,
  deps: Pick<Deps, 'bucket'>,
): Promise<readonly TraceObject[]> {
  const found = new Map<string, TraceObject>();
  for (const location of Array.isArray(traces) ? traces : [traces]) {
    let any = false;
    for await (const object of objectsAt(location, deps)) {
      any = true;
      found.set(JSON.stringify([object.key, object.bucket]), object);
    }
    if (!any) throw new NoTraces(nothingAt(location, deps));
  }
  return [...found.values()].sort((a, b) => compare(a.key, b.key) || compare(a.bucket, b.bucket));
}

async function* objectsAt(location: TraceLocation, deps: Pick<Deps, 'bucket'>): AsyncGenerator<TraceObject> {
  const { bucket } = location;
  const store = deps.bucket(bucket);
  if ('key' in location) {
    const object = await store.head(location.key);
    if (object) yield { bucket, ...object };
    return;
  }
  for await (const object of store.list(location.prefix)) {
    if (!object.leadsOut && SOURCE_NAME.test(object.key) && !REQUEST_NAME.test(object.key)) yield { bucket, ...object };
  }
}

const nothingAt = (location: TraceLocation, deps: Pick<Deps, 'bucket'>): string => {
  const { name } = deps.bucket(location.bucket);
  return 'key' in location
    ? `${name}/${location.key} is not there; check source.traces.`
    : `No file with records under ${name}/${location.prefix} (.json, .jsonl, .csv, .parquet, .eval and the like, or .gz of one); check source.traces.`;
};

/** By UTF-16 code units: the same in every locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
