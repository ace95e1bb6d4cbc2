import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { FormatName } from '../../lib/contract/dataset.ts';
import { RunFailure } from '../../lib/contract/failure.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { Stretches } from '../../lib/contract/stretch.ts';
import { StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { committedRun } from '../faults/committed.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { execute } from '../support/state-machine-run.ts';

const keys = runKeys('r');
const request = {
  run_id: 'r',
  source: { traces: { bucket: 'traces', key: 't.json' } },
  dataset: { formats: FormatName.options },
  limits: { shard_bytes: 40_000 },
};
const SMALL = { ...NO_LIMITS, exportsAlone: 80_000 };

const traces = memoryStore('traces');
traces.objects.set('t.json', readFileSync(new URL('../../examples/tic-tac-toe.json', import.meta.url)));

/** The files that an execution commits, and its metrics but for those of shards, which say how long each took. */
async function leftOf(store: ReturnType<typeof memoryStore>) {
  const run = await committedRun(store, 'r');
  const lines = store.objects.get(keys.metrics)?.toString().trimEnd().split('\n') ?? [];
  const metrics = lines.map((line) => JSON.parse(line)).filter(({ scope }) => scope !== 'shard');
  return { files: run?.files, manifest: run?.manifest, metrics };
}

const ofStretch = (number: number, file: string): string =>
  keys.export.stretch(number).recorded.replace('recorded.json', file);

test('the state machine exports a large collection in stretches: the files, manifest and metrics of one go', async () => {
  const [alone, inStretches] = [memoryStore('collections'), memoryStore('collections')];
  await execute('r', request, memoryDeps(traces, alone));
  const seen = faultyStore(inStretches);
  expect(await execute('r', request, { ...memoryDeps(traces, seen), ...SMALL })).toMatchObject({ status: 'succeeded' });
  expect(await leftOf(inStretches)).toEqual(await leftOf(alone));
  expect(seen.effects.filter((effect) => effect.endsWith('/written.json')).length).toBeGreaterThan(8);
  expect(alone.objects.get(keys.export.stretches)).toBeUndefined();
});

test('a run on this machine with a limit exports in stretches too', async () => {
  const [alone, inStretches] = [memoryStore('collections'), memoryStore('collections')];
  const never = () => Promise.reject(new Error('not of this run'));
  for (const [collections, limits] of [
    [alone, NO_LIMITS],
    [inStretches, SMALL],
  ] as const) {
    const deps = memoryDeps(traces, collections);
    const progress = lineProgress(() => {});
    await runLocally({ request: parseRequest(request), deps, progress, workflow: never, training: never, limits });
  }
  expect(await leftOf(inStretches)).toEqual(await leftOf(alone));
  expect(inStretches.objects.get(keys.export.choice)).toBeDefined();
});

/** The store with an error for each call that creates or writes this key, while `failing` says so. */
function misbehaving(store: ObjectStore, key: string, failing: () => Error | undefined): ObjectStore {
  const strike = (asked: string): void => {
    const error = asked === key ? failing() : undefined;
    if (error) throw error;
  };
  return {
    ...store,
    create: async (asked, body) => {
      strike(asked);
      return store.create(asked, body);
    },
    write: async (asked, body, options) => {
      strike(asked);
      return store.write(asked, body, options);
    },
  };
}

test.each(['recorded.json', 'written.json'])(
  'a stretch that does not come to its %s because the store did not answer is tried again',
  async (file) => {
    const collections = memoryStore('collections');
    let strikes = 0;
    const once = () => (++strikes === 1 ? new StoreUnavailable('No answer.') : undefined);
    const faulty = misbehaving(collections, ofStretch(3, file), once);
    const ran = await execute('r', request, { ...memoryDeps(traces, faulty), ...SMALL });
    expect(ran).toMatchObject({ status: 'succeeded' });
    expect(strikes).toBe(2);
    expect(collections.objects.get(keys.failure)).toBeUndefined();
  },
);

test.each([
  ['records.bin', 'record'],
  ['trl/train.jsonl', 'write'],
])(
  'a stretch that cannot write its %s ends the run by its own error, and redrive does what is missing of the phase %s',
  async (file, phase) => {
    const collections = memoryStore('collections');
    const refused = new StoreRefused('s3://collections: AccessDenied. Grant the function s3:PutObject.');
    const deps = memoryDeps(
      traces,
      misbehaving(collections, ofStretch(0, file), () => refused),
    );
    const failed = await execute('r', request, { ...deps, ...SMALL });
    expect(failed).toEqual({ status: 'failed', error: 'StoreRefused', cause: refused.message });
    expect(await readJson(collections, keys.failure, RunFailure)).toMatchObject({
      ...{ run_id: 'r', execution: 'r', state: 'ExportStretch', stretch: 0, message: refused.message },
      what_to_do: expect.stringContaining('dpo redrive r'),
    });

    const done = phase === 'record' ? 'recorded.json' : 'written.json';
    const stretches = await readJson(collections, keys.export.stretches, Stretches);
    const missing = stretches
      .map(({ ordinal }) => ofStretch(ordinal, done))
      .filter((key) => !collections.objects.has(key));
    expect(missing).toContain(ofStretch(0, done));

    const mended = faultyStore(collections);
    const again = await execute('r--redrive-1', request, { ...memoryDeps(traces, mended), ...SMALL });
    expect(again.status).toBe('succeeded');
    expect(mended.effects.filter((effect) => effect.endsWith(done)).sort()).toEqual(
      missing.map((key) => `create ${key}`),
    );
    if (phase === 'write')
      expect(mended.effects.filter((effect) => /record|decisions|choice/.test(effect))).toEqual([]);

    const alone = memoryStore('collections');
    await execute('r', request, memoryDeps(traces, alone));
    expect(await leftOf(collections)).toEqual(await leftOf(alone));
  },
);
