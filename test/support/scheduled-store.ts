import type { ObjectStore } from '../../lib/objects/store.ts';

/** Whoever waits for a turn gets it alone, in an order that the seed decides. */
export interface Scheduler {
  turn(): Promise<void>;
  /** Gives turns until `work` is over. */
  until<Result>(work: Promise<Result>): Promise<Result>;
}

export function scheduler(seed: number): Scheduler {
  const random = randomOf(seed);
  const waiting: (() => void)[] = [];
  return {
    turn: () => new Promise((resolve) => waiting.push(resolve)),
    async until(work) {
      let over = false;
      const ended = work.finally(() => {
        over = true;
      });
      ended.catch(() => {});
      while (!over) {
        const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
        next?.();
        // All that follows from one turn is done before the next is given: promises alone, no timers.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return ended;
    },
  };
}

/** The store with a turn waited for before each call takes effect, and before each chunk that is read. */
export function scheduledStore(store: ObjectStore, { turn }: Scheduler): ObjectStore {
  return {
    name: store.name,
    head: async (key) => {
      await turn();
      return store.head(key);
    },
    async *read(key, options) {
      await turn();
      for await (const chunk of store.read(key, options)) {
        yield chunk;
        await turn();
      }
    },
    async *list(prefix) {
      await turn();
      yield* store.list(prefix);
    },
    create: async (key, body) => {
      await turn();
      return store.create(key, body);
    },
    write: (key, body, options) => {
      async function* slowly(): AsyncGenerator<Uint8Array> {
        yield* body;
        await turn();
      }
      return store.write(key, slowly(), options);
    },
    compose: async (key, parts, options) => {
      await turn();
      return store.compose(key, parts, options);
    },
    remove: async (key) => {
      await turn();
      return store.remove(key);
    },
  };
}

/** A linear congruential generator: enough to choose an order by, and the same for a seed everywhere. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};
