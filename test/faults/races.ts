import type { ObjectStore } from '../../lib/objects/store.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { scheduledStore, scheduler } from '../support/scheduled-store.ts';
import { committedRun, damageOf } from './committed.ts';
import { depsAt, inMemory, type Subject, subjectOf, undisturbedOf } from './crashes.ts';
import { nameOf, note, type Row, row } from './matrix.ts';
import type { RunShape } from './traces.ts';

/** {@link raceAnywhere} of runs over traces. */
export const racingExecutions = (shape: RunShape, interleavings: number, more = ''): Promise<Row> =>
  raceAnywhere(
    `two executions of one ${shape.compatibility} run${more}, store calls interleaved at random`,
    subjectOf(shape),
    interleavings,
  );

/** Two executions of one run at the same time, their store calls in an order that the seed decides, seed after seed. */
export async function raceAnywhere(named: string, subject: Subject, interleavings: number): Promise<Row> {
  const { put, run } = subject;
  const fresh = async () => {
    const stores = await inMemory();
    await put(stores.traces);
    return stores;
  };
  const { undisturbed } = await undisturbedOf(subject, fresh);
  const into = row(named);
  for (let seed = 1; seed <= interleavings; seed += 1) {
    const { traces, collections } = await fresh();
    const turns = scheduler(seed);
    const executions = [1, 2].map((hour) => {
      const seen = faultyStore(collections, undefined, requireKept(collections));
      return run(depsAt(hour, scheduledStore(traces, turns), scheduledStore(seen, turns)), `e${hour}`);
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
