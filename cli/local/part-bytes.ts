import { runKeys } from '../../lib/objects/keys.ts';
import type { Deps } from '../../lib/stages/deps.ts';

/** Bytes of what a run's shards have written so far, for progress. */
export interface PartBytes {
  /** A shard's part of the collection. */
  collection(ordinal: number): number;
  /** All pair indexes. */
  readonly indexes: number;
  /** All parts of which the run's files are composed. */
  readonly composed: number;
}

/** Where the store does not answer nothing is known: the step that comes next fails by its own error. */
export const partBytes = (runId: string, deps: Pick<Deps, 'collections'>): Promise<PartBytes> =>
  countParts(runId, deps).catch(() => NOTHING);

const NOTHING: PartBytes = { collection: () => 0, indexes: 0, composed: 0 };

async function countParts(runId: string, { collections }: Pick<Deps, 'collections'>): Promise<PartBytes> {
  const keys = runKeys(runId);
  const { index: first } = keys.shard(0);
  const index = first.slice(first.lastIndexOf('/'));
  const bytes = new Map<string, number>();
  const sums = { indexes: 0, composed: 0 };
  for await (const object of collections.list(keys.shards)) {
    bytes.set(object.key, object.bytes);
    if (object.key.endsWith(index)) sums.indexes += object.bytes;
    // The rest are small: they say that a part is done.
    else if (!object.key.endsWith('.json')) sums.composed += object.bytes;
  }
  return { ...sums, collection: (ordinal) => bytes.get(keys.shard(ordinal).collection) ?? 0 };
}
