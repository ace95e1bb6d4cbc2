import type { ObjectStore } from '../../lib/objects/store.ts';
import type { Deps } from '../../lib/stages/deps.ts';

/** Bytes that a task has dealt with so far: memory that its thread writes and the main thread reads. */
export type ByteCount = BigInt64Array<SharedArrayBuffer>;

export const byteCount = (): ByteCount => new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));

const add = (count: ByteCount, bytes: number): void => void Atomics.add(count, 0, BigInt(bytes));

/** Of a stage: what its ended tasks weigh, and what those under way have dealt with. */
export interface ByteTally {
  readonly done: () => number;
  /** One attempt at a task of so many bytes. What a failed one has done does not count. */
  attempt<Result>(bytes: number, work: (count: ByteCount) => Promise<Result>): Promise<Result>;
}

export function byteTally(): ByteTally {
  let ended = 0;
  const underWay = new Set<{ readonly count: ByteCount; readonly bytes: number }>();
  return {
    done: () => {
      let sum = ended;
      for (const { count, bytes } of underWay) sum += Math.min(Number(Atomics.load(count, 0)), bytes);
      return sum;
    },
    async attempt(bytes, work) {
      const task = { count: byteCount(), bytes };
      underWay.add(task);
      try {
        const result = await work(task.count);
        ended += bytes;
        return result;
      } finally {
        underWay.delete(task);
      }
    },
  };
}

/** The same, with every byte that is read or composed counted. */
export const countingDeps = (deps: Deps, count: ByteCount): Deps => ({
  ...deps,
  bucket: (name) => counting(deps.bucket(name), count),
  collections: counting(deps.collections, count),
});

const counting = (store: ObjectStore, count: ByteCount): ObjectStore => ({
  ...store,
  read: async function* (key, options) {
    for await (const chunk of store.read(key, options)) {
      add(count, chunk.length);
      yield chunk;
    }
  },
  compose: (key, parts, options) => store.compose(key, parts, { ...options, onCopied: (bytes) => add(count, bytes) }),
});
