import { StoreUnavailable } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';

/** What strikes at a side effect: the process ends before or after it, or the store does it and its answer is lost. */
export const FAULTS = ['killed before', 'killed after', 'answer lost'] as const;
export type Fault = (typeof FAULTS)[number];

/** The process is gone: from here on it reads and writes nothing. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface FaultyStore extends ObjectStore {
  /** The side effects so far, in the order in which they came about. */
  readonly effects: readonly string[];
}

/** The store as one process sees it, with a fault at its side effect number `strike.at` (from 0). */
export function faultyStore(
  store: ObjectStore,
  strike?: { readonly at: number; readonly fault: Fault },
  onEffect: (key: string) => Promise<void> = async () => {},
): FaultyStore {
  const effects: string[] = [];
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Killed('the process was killed');
  };
  const die = (): never => {
    dead = true;
    throw new Killed('the process was killed');
  };
  const due = (effect: string): Fault | undefined =>
    effects.push(effect) - 1 === strike?.at ? strike.fault : undefined;
  const done = async <Result>(key: string, fault: Fault | undefined, result: Result): Promise<Result> => {
    await onEffect(key);
    if (fault === 'killed after') die();
    if (fault === 'answer lost') throw new StoreUnavailable(`the answer for ${key} was lost`);
    alive();
    return result;
  };
  const effect = async <Result>(what: string, key: string, apply: () => Promise<Result>): Promise<Result> => {
    alive();
    const fault = due(`${what} ${key}`);
    if (fault === 'killed before') die();
    return done(key, fault, await apply());
  };
  return {
    name: store.name,
    effects,
    head: async (key) => {
      alive();
      return store.head(key);
    },
    async *read(key, options) {
      for await (const chunk of store.read(key, options)) {
        alive();
        yield chunk;
      }
      alive();
    },
    async *list(prefix) {
      alive();
      yield* store.list(prefix);
    },
    create: (key, body) => effect('create', key, () => store.create(key, body)),
    compose: (key, parts, options) => effect('compose', key, () => store.compose(key, parts, options)),
    remove: (key) => effect('remove', key, () => store.remove(key)),
    write: async (key, body, options) => {
      let fault: Fault | undefined;
      // A write takes effect at the end of its stream, so there it is counted.
      async function* watched(): AsyncGenerator<Uint8Array> {
        for await (const chunk of body) {
          alive();
          yield chunk;
        }
        alive();
        fault = due(`write ${key}`);
        if (fault === 'killed before') die();
      }
      const written = await store.write(key, watched(), options);
      return done(key, fault, written);
    },
  };
}
