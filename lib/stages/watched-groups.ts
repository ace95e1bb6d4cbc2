import { Group } from '../contract/trajectory.ts';
import { readLines } from '../objects/stored-json.ts';
import { readItems } from '../sources/containers/read-records.ts';
import type { Deps } from './deps.ts';
import { groupReader } from './groups-of.ts';

/** Looks at groups as they pass. */
export interface Watcher {
  readonly add: (group: Group) => void;
}

/** The composed collection, read anew at each call; the watchers see each group on the way, the first time. */
export function watchedOnce(watchers: readonly Watcher[], key: string, deps: Deps): () => AsyncIterable<Group> {
  let watched = false;
  return async function* () {
    const watching = !watched;
    watched = true;
    for await (const group of readLines(deps.collections, key, Group)) {
      if (watching) for (const watcher of watchers) watcher.add(group);
      yield group;
    }
  };
}

/**
 * 32 MiB of a collection show what is in it; what a run reads for its report alone then stays the same for any size.
 * Many stretches, because what stands together was often written on the same day by the same agent.
 */
const STRETCHES = 32;
const STRETCH_BYTES = 2 ** 20;

export const isShort = (bytes: number): boolean => bytes <= STRETCHES * STRETCH_BYTES;

/** The groups whose lines begin in evenly spaced stretches of a collection that is not short. */
export async function* groupsInStretches(key: string, bytes: number, deps: Deps): AsyncGenerator<Group> {
  const open = (start: number, end?: number) => deps.collections.read(key, { start, end });
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const start = Math.floor((stretch * bytes) / STRETCHES);
    const slice = { cut: 'lines', start, end: start + STRETCH_BYTES, object_bytes: bytes } as const;
    for await (const span of readItems(open, slice, groupReader(key, deps))) if ('item' in span) yield span.item;
  }
}
