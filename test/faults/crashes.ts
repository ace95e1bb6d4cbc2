import type { CutDeps } from '../../lib/steps/cut-in-rounds.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { FAULTS, type Fault, faultyStore, Killed } from '../support/faulty-store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps } from '../support/run.ts';
import { committedRun, damageOf } from './committed.ts';
import { note, type Row, row } from './matrix.ts';
import { putTraces, type RunShape, requestOf } from './traces.ts';

/** The two stores of one run. */
export interface Stores {
  readonly traces: ObjectStore;
  readonly collections: ObjectStore;
  /** What stands in `collections` now, read past whatever lies between a run and its store. */
  readonly standing: () => ObjectStore;
}

export type MakeStores = () => Promise<Stores>;

export const inMemory: MakeStores = async () => {
  const collections = memoryStore('collections');
  return { traces: memoryStore('traces'), collections, standing: () => collections };
};

/**
 * Strikes at each side effect of a run in turn (`every`-th from the first on), runs again over what that left, and holds
 * the result against an undisturbed run.
 */
export async function crashAnywhere(
  where: string,
  shape: RunShape,
  makeStores: MakeStores,
  every = 1,
): Promise<readonly Row[]> {
  const request = requestOf(shape);
  const first = await freshStores(makeStores);
  const whole = faultyStore(first.collections);
  await runRetrying(request, depsAt(1, first.traces, whole, shape.remainingMs));
  const undisturbed = await committedRun(first.standing());
  if (!undisturbed) throw new Error('an undisturbed run commits');

  const rows: Row[] = [];
  for (const fault of FAULTS) {
    const into = row(`${where}, ${shape.compatibility}: ${WORDS[fault]}`);
    for (let at = 0; at < whole.effects.length; at += every) {
      const { traces, collections, standing } = await freshStores(makeStores);
      await struckRun(request, depsAt(1, traces, faultyStore(collections, { at, fault }), shape.remainingMs));
      // Whatever is committed by now can be trusted; mostly nothing is.
      await committedRun(standing());
      await runRetrying(request, depsAt(2, traces, collections, shape.remainingMs), 'again');
      note(into, 'committed', damageOf(await committedRun(standing()), undisturbed));
    }
    rows.push(into);
  }
  return rows;
}

const WORDS: Record<Fault, string> = {
  'killed before': 'killed right before a side effect, run again',
  'killed after': 'killed right after a side effect, run again',
  'answer lost': 'the answer to a side effect lost',
};

async function struckRun(request: object, deps: CutDeps): Promise<void> {
  try {
    await runRetrying(request, deps);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

/** At another time of day for each execution, so that nothing committed can hang on the time. */
export const depsAt = (
  hour: number,
  traces: ObjectStore,
  collections: ObjectStore,
  remainingMs = Number.POSITIVE_INFINITY,
): CutDeps => ({
  ...memoryDeps(traces, collections),
  remainingMs: () => remainingMs,
  now: () => new Date(Date.UTC(2026, 0, 1, hour)),
});

async function freshStores(makeStores: MakeStores): Promise<Stores> {
  const stores = await makeStores();
  await putTraces(stores.traces);
  return stores;
}
