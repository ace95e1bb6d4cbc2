import type { TrainersDeps } from '../../adapters/trainers/trainers.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { trainersOf } from './training-run.ts';

/** A process that dies at its `at`th side effect, before or just after it; from then on it can do nothing more. */
export function killable(store: ObjectStore, at: number, when: 'before' | 'after') {
  let effects = 0;
  let struck: string | undefined;
  const die = (what: string): never => {
    struck ??= what;
    throw new Error('killed');
  };
  const effect = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    if (struck !== undefined) die(what);
    // Others may begin while this one is under way.
    const number = ++effects;
    if (number === at && when === 'before') die(what);
    const done = await call();
    if (struck !== undefined || (number === at && when === 'after')) die(what);
    return done;
  };
  const collections: ObjectStore = {
    ...store,
    create: (key, body) => effect(`create ${key}`, () => store.create(key, body)),
    write: (key, body, options) => effect(`write ${key}`, () => store.write(key, body, options)),
    compose: (key, parts, options) => effect(`compose ${key}`, () => store.compose(key, parts, options)),
    remove: (key) => effect(`remove ${key}`, () => store.remove(key)),
  };
  const { http, fetch } = trainersOf(store);
  const given: Partial<TrainersDeps> = {
    http: {
      send: (request) => effect(`${request.method} ${new URL(request.url).pathname}`, () => http.send(request)),
    },
    fetch: (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return effect(`${init?.method ?? 'GET'} ${pathname}`, () => fetch(input, init));
    },
  };
  /** `struck`: the side effect at which it died, such as `POST /v1/customization/jobs`; undefined while it lives. */
  return { collections, given, struck: () => struck };
}
