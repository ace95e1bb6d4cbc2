import type { TrainersDeps } from '../../functions/training/trainers.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { trainersOf } from './training-run.ts';

/** A process that dies at its `at`th side effect, before or just after it; from then on it can do nothing more. */
export function killable(store: ObjectStore, at: number, when: 'before' | 'after') {
  let effects = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Error('killed');
  };
  const effect = async <T>(call: () => Promise<T>): Promise<T> => {
    if (dead) die();
    // Others may begin while this one is under way.
    const number = ++effects;
    if (number === at && when === 'before') die();
    const done = await call();
    if (dead || (number === at && when === 'after')) die();
    return done;
  };
  const collections: ObjectStore = {
    ...store,
    create: (key, body) => effect(() => store.create(key, body)),
    write: (key, body, options) => effect(() => store.write(key, body, options)),
    compose: (key, parts, options) => effect(() => store.compose(key, parts, options)),
    remove: (key) => effect(() => store.remove(key)),
  };
  const { http, fetch } = trainersOf(store);
  const given: Partial<TrainersDeps> = {
    http: { send: (request) => effect(() => http.send(request)) },
    fetch: (input, init) => effect(() => fetch(input, init)),
  };
  return { collections, given, died: () => dead };
}
