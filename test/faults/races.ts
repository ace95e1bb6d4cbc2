import type { ObjectStore } from '../../lib/store.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { scheduledStore, scheduler } from '../support/scheduled-store.ts';
import { committedRun, damageOf } from './committed.ts';
import { depsAt } from './crashes.ts';
import { nameOf, note, type Row, row } from './matrix.ts';
import { full, putTraces, requestOf } from './traces.ts';

/** Two executions of one run at the same time, their store calls in an order that the seed decides, seed after seed. */
export async function racingExecutions(compatibility: string, interleavings: number): Promise<Row> {
  const request = requestOf(full(compatibility));
  const first = await freshStores();
  await runRetrying(request, depsAt(0, first.traces, first.collections));
  const undisturbed = await committedRun(first.collections);
  if (!undisturbed) throw new Error('an undisturbed run commits');

  const into = row(`two executions of one ${compatibility} run, store calls interleaved at random`);
  for (let seed = 1; seed <= interleavings; seed += 1) {
    const { traces, collections } = await freshStores();
    const turns = scheduler(seed);
    const executions = [1, 2].map((hour) => {
      const seen = faultyStore(collections, undefined, requireKept(collections));
      return runRetrying(request, depsAt(hour, scheduledStore(traces, turns), scheduledStore(seen, turns)), `e${hour}`);
    });
    const outcomes = await turns.until(Promise.allSettled(executions));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        throw new Error(`seed ${seed}: ${nameOf(outcome.reason)}`, { cause: outcome.reason });
    }
    note(into, 'committed', damageOf(await committedRun(collections), undisturbed));
  }
  return into;
}

/** After each side effect: where a manifest stands, every file is what it says. */
const requireKept = (store: ObjectStore) => async (): Promise<void> => {
  await committedRun(store);
};

async function freshStores() {
  const stores = { traces: memoryStore('traces'), collections: memoryStore('collections') };
  await putTraces(stores.traces);
  return stores;
}
