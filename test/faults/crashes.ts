import type { ObjectStore } from '../../lib/objects/store.ts';
import { FAULTS, type Fault, faultyStore, Killed } from '../support/faulty-store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps, type RunDeps } from '../support/run.ts';
import { type CommittedRun, committedRun, damageOf } from './committed.ts';
import { note, type Row, row } from './matrix.ts';
import { putTraces, type RunShape, requestOf } from './traces.ts';

/** The two stores of one run. */
export interface Stores {
  readonly traces: ObjectStore;
  readonly collections: ObjectStore;
  /** What stands in `collections` now, read past whatever lies between a run and its store. */
  readonly standing: () => ObjectStore;
  /** Throws where an upload to `collections` is neither completed nor aborted. */
  readonly requireNoUploads: (after: string) => void;
}

export type MakeStores = () => Promise<Stores>;

export const inMemory: MakeStores = async () => {
  const collections = memoryStore('collections');
  return { traces: memoryStore('traces'), collections, standing: () => collections, requireNoUploads: () => {} };
};

/** {@link strikeAnywhere} in runs over traces. */
export const crashAnywhere = (
  where: string,
  shape: RunShape,
  makeStores: MakeStores,
  every = 1,
): Promise<readonly Row[]> => strikeAnywhere(`${where}, ${shape.compatibility}`, subjectOf(shape), makeStores, every);

export const subjectOf = (shape: RunShape): Subject => ({
  put: (traces) => putTraces(traces, shape.answer),
  run: (deps, execution) => runRetrying(requestOf(shape), deps, execution),
  runWhole: (deps) => runRetrying(requestOf({ ...shape, shardBytes: WHOLE }), deps),
  struckFrom: shape.struckFrom ?? '',
});

/** What is struck. */
export interface Subject {
  /** Puts there what the run reads. */
  readonly put: (traces: ObjectStore) => Promise<void>;
  readonly run: (deps: RunDeps, execution: string) => Promise<void>;
  /** The same run in a single shard: what the run leaves does not depend on its shards. */
  readonly runWhole?: (deps: RunDeps) => Promise<void>;
  /** The key of the first side effect that is struck; by default all are. */
  readonly struckFrom?: string;
}

/** Bytes of a shard that holds all traces. */
const WHOLE = 2 ** 30;

/**
 * Strikes at each side effect of a run in turn (`every`-th from the first on), runs again over what that left, and holds
 * the result against an undisturbed run.
 */
export async function strikeAnywhere(
  named: string,
  subject: Subject,
  makeStores: MakeStores,
  every = 1,
): Promise<readonly Row[]> {
  const { put, run, struckFrom = '' } = subject;
  const fresh = async (): Promise<Stores> => {
    const stores = await makeStores();
    await put(stores.traces);
    return stores;
  };
  const { undisturbed, effects } = await undisturbedOf(subject, fresh);
  const rows: Row[] = [];
  const from = effects.findIndex((effect) => effect.endsWith(struckFrom));
  if (from < 0) throw new Error(`the run writes no ${struckFrom}`);
  for (const fault of FAULTS) {
    const into = row(`${named}: ${WORDS[fault]}`);
    for (let at = from; at < effects.length; at += every) {
      const { traces, collections, standing, requireNoUploads } = await fresh();
      await struckRun(run(depsAt(1, traces, faultyStore(collections, { at, fault })), 'run'));
      requireNoUploads(`${fault} ${effects[at]}`);
      // Whatever is committed by now can be trusted; mostly nothing is.
      await committedRun(standing());
      await run(depsAt(2, traces, collections), 'again');
      requireNoUploads(`${fault} ${effects[at]}, and again`);
      note(into, 'committed', damageOf(await committedRun(standing()), undisturbed));
    }
    rows.push(into);
  }
  return rows;
}

/** The run that nothing strikes, and its side effects. Its files are those of the run in a single shard. */
export async function undisturbedOf(
  { run, runWhole }: Subject,
  fresh: () => Promise<Stores>,
): Promise<{ readonly undisturbed: CommittedRun; readonly effects: readonly string[] }> {
  const { traces, collections, standing } = await fresh();
  const seen = faultyStore(collections);
  await run(depsAt(0, traces, seen), 'run');
  const undisturbed = required(await committedRun(standing()));
  if (!runWhole) return { undisturbed, effects: seen.effects };
  const stores = await fresh();
  await runWhole(depsAt(0, stores.traces, stores.collections));
  const whole = required(await committedRun(stores.standing()));
  const { request_sha256 } = undisturbed.manifest;
  // The request names the size of a shard.
  const manifest = { ...whole.manifest, request_sha256 };
  return { undisturbed: { ...whole, manifest, keys: undisturbed.keys }, effects: seen.effects };
}

function required(run: CommittedRun | undefined): CommittedRun {
  if (!run) throw new Error('an undisturbed run commits');
  return run;
}

const WORDS: Record<Fault, string> = {
  'killed before': 'killed before a side effect',
  'killed after': 'killed after a side effect',
  'answer lost': 'the answer to a side effect lost',
};

async function struckRun(run: Promise<void>): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

/** At another time of day for each execution, so that nothing committed can hang on the time. */
export const depsAt = (hour: number, traces: ObjectStore, collections: ObjectStore): RunDeps => ({
  ...memoryDeps(traces, collections),
  now: () => new Date(Date.UTC(2026, 0, 1, hour)),
});
