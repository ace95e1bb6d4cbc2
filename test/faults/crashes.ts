import type { Deps } from '../../lib/deps.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { FAULTS, type Fault, faultyStore, Killed } from '../support/faulty-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps } from '../support/run.ts';
import { committedRun, damageOf } from './committed.ts';
import { note, type Row, row } from './matrix.ts';
import { putTraces, type RunShape, requestOf } from './traces.ts';

/** Makes the two stores of one run. */
export type MakeStores = () => Promise<{ readonly traces: ObjectStore; readonly collections: ObjectStore }>;

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
  const stores = await freshStores(makeStores);
  const whole = faultyStore(stores.collections);
  await runRetrying(request, depsAt(1, stores.traces, whole));
  const undisturbed = await committedRun(stores.collections);
  if (!undisturbed) throw new Error('an undisturbed run commits');

  const rows: Row[] = [];
  for (const fault of FAULTS) {
    const into = row(`${where}, ${shape.compatibility}: ${WORDS[fault]}`);
    for (let at = 0; at < whole.effects.length; at += every) {
      const { traces, collections } = await freshStores(makeStores);
      await struckRun(request, depsAt(1, traces, faultyStore(collections, { at, fault })));
      // Whatever is committed by now can be trusted; mostly nothing is.
      await committedRun(collections);
      await runRetrying(request, depsAt(2, traces, collections), 'again');
      note(into, 'committed', damageOf(await committedRun(collections), undisturbed));
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

async function struckRun(request: object, deps: Deps): Promise<void> {
  try {
    await runRetrying(request, deps);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

/** At another time of day for each execution, so that nothing committed can hang on the time. */
export const depsAt = (hour: number, traces: ObjectStore, collections: ObjectStore): Deps => ({
  ...memoryDeps(traces, collections),
  now: () => new Date(Date.UTC(2026, 0, 1, hour)),
});

async function freshStores(makeStores: MakeStores) {
  const stores = await makeStores();
  await putTraces(stores.traces);
  return stores;
}
