import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noCounts } from '../../lib/contract/counters.ts';
import { FormatName } from '../../lib/contract/dataset.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import type { Exporting } from '../../lib/contract/states.ts';
import { Stretches } from '../../lib/contract/stretch.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { CorruptObject, DatasetTooLarge, ShardMissing } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { jsonText, readJson } from '../../lib/objects/stored-json.ts';
import { MAX_ITEM_BYTES } from '../../lib/sources/record.ts';
import { exportInStretches } from '../../lib/stages/export-in-stretches.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import { watchedOnce } from '../../lib/stages/watched-groups.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { collections as arbitraryCollections, group } from '../datasets/collections.ts';
import { exportingRun } from '../support/exporting-run.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

const KEYS = runKeys('run');
const sample = readFileSync(new URL('../../examples/tic-tac-toe.json', import.meta.url));

const planned: Exporting = {
  run_id: 'run',
  status: 'exporting',
  plan: { bucket: 'collections', key: KEYS.plan },
  shards: 1,
  inputs: 1,
  input_bytes: 1,
  max_concurrency: 1,
  export: { key: KEYS.export.stretches, stretches: 1, phase: 'record' },
};

/** A store in which the collection stands, and the request that made it. */
async function standing(groups: readonly Group[], settings: object, chunkBytes = 1_000) {
  const store = memoryStore('collections', chunkBytes);
  const deps = memoryDeps(memoryStore('traces'), store);
  const request = parseRequest({ run_id: 'run', source: { traces: { bucket: 'traces', key: 't' } }, ...settings });
  await store.create(KEYS.request, jsonText(request));
  const body = Buffer.from(groups.map((group) => `${JSON.stringify(group)}\n`).join(''));
  store.objects.set(KEYS.collection, body);
  return { store, deps, request, bytes: body.length };
}

const filesIn = (store: ReturnType<typeof memoryStore>) =>
  Object.fromEntries(
    [...store.objects]
      .filter(([key]) => key.startsWith('runs/run/datasets/'))
      .map(([key, body]) => [key, Buffer.from(body).toString()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

async function alone(groups: readonly Group[], settings: object, chunkBytes?: number) {
  const { store, deps, request } = await standing(groups, settings, chunkBytes);
  const { files, result } = await writeDatasets(request, noCounts(), watchedOnce([], KEYS.collection, deps), deps);
  return { files, result, texts: filesIn(store) };
}

/** Each step is run twice over, as a retry runs it. */
async function inStretches(groups: readonly Group[], settings: object, stretchBytes: number, chunkBytes?: number) {
  const { store, deps, request, bytes } = await standing(groups, settings, chunkBytes);
  for (let phase: Exporting['export']['phase'] | undefined; ; ) {
    const { status: _, export: asked, ...first } = planned;
    const input = phase ? { ...planned, export: { ...asked, phase } } : { ...first, status: 'planned' as const };
    await exportInStretches(request, { bytes, stretchBytes }, noCounts(), input, deps);
    const next = await exportInStretches(request, { bytes, stretchBytes }, noCounts(), input, deps);
    if (!('phase' in next)) return { files: next.files, result: next.result, texts: filesIn(store) };
    ({ phase } = next);
    for (const stretch of await readJson(store, next.key, Stretches)) {
      await exportStretch({ run_id: 'run', phase, stretch }, deps);
      await exportStretch({ run_id: 'run', phase, stretch }, deps);
    }
  }
}

/** NAT's rules never see some of these collections: what they refuse, they refuse either way. */
const outcome = <Result>(exported: Promise<Result>) =>
  exported.catch((error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'));

const datasets = fc.record({
  formats: fc.subarray([...FormatName.options]),
  use_full_message_history: fc.boolean(),
  deduplicate_pairs: fc.boolean(),
  max_pairs: fc.constantFrom(null, null, 3),
  validation_fraction: fc.constantFrom(0, 0.2, 0.5),
  seed: fc.nat(3),
  curriculum: fc.constantFrom(null, { buckets: 2 }),
});

describe('datasets that are written in stretches of the collection', () => {
  test.each(['strict', 'nat'])('are those that one function writes alone, in %s', async (compatibility) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryCollections,
        datasets,
        fc.integer({ min: 200, max: 5_000 }),
        async (groups, dataset, at) => {
          const settings = { builder: { compatibility }, dataset };
          const expected = await outcome(alone(groups, settings));
          expect(await outcome(inStretches(groups, settings, at))).toEqual(expected);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('hold a group whose line is longer than a trace item may be', async () => {
    const long = 'a'.repeat(MAX_ITEM_BYTES / 2 + 1);
    const groups = [
      group('short', [{ prompt: 'p' }]),
      group('long', [{ chosen: long, rejected: `${long}b` }, { prompt: 'q' }], { offset: 1 }),
      group('last', [{ prompt: 'r' }], { offset: 2 }),
    ];
    const settings = { dataset: { formats: ['trl'], validation_fraction: 0 } };
    const written = await inStretches(groups, settings, MAX_ITEM_BYTES / 4, 2 ** 20);
    expect(written.result.formats.trl?.files).toMatchObject([{ lines: 4 }, { file: 'README.md' }]);
    // The texts are compared as they are: a difference of 64 MiB is nothing to print.
    const expected = await alone(groups, settings, 2 ** 20);
    expect(isDeepStrictEqual(written, expected)).toBe(true);
  });

  test('of a whole run are the same, its metrics and its manifest too', async () => {
    const run = async (exportsAlone: number) => {
      const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
      await traces.create('t.json', sample);
      const request = {
        source: { traces: { bucket: 'traces', key: 't.json' } },
        dataset: { formats: FormatName.options },
      };
      const { manifest } = await runSteps(request, { ...memoryDeps(traces, collections), exportsAlone });
      return {
        manifest,
        metrics: Buffer.from(collections.objects.get(KEYS.metrics) ?? ''),
        texts: filesIn(collections),
      };
    };
    expect(await run(20_000)).toEqual(await run(Number.POSITIVE_INFINITY));
  });
});

/** A run up to where the stretches of its collection are to be recorded. */
async function exporting() {
  const [traces, store] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create('t.json', sample);
  const deps = { ...memoryDeps(traces, store), ...NO_LIMITS, exportsAlone: 20_000 };
  const request = { run_id: 'run', source: { traces: { bucket: 'traces', key: 't.json' } } };
  return { store, deps, ...(await exportingRun(request, deps)) };
}

test('a stretch that was lost after it was exported ends the run by name, instead of being asked for without end', async () => {
  const { deps, output, stretches } = await exporting();
  for (const stretch of stretches.slice(1)) await exportStretch({ run_id: 'run', phase: 'record', stretch }, deps);
  await expect(finalize(output, deps)).rejects.toThrow(ShardMissing);
  await expect(finalize(output, deps)).rejects.toThrow(/^Stretch 0 of the collection of run run/);
});

test('a run that is started again goes on with the stretches that are missing', async () => {
  const { store, deps, input, stretches } = await exporting();
  const [first, ...others] = stretches;
  if (!first) throw new Error('no stretch');
  for (const stretch of others) await exportStretch({ run_id: 'run', phase: 'record', stretch }, deps);
  expect(await finalize(input, deps)).toMatchObject({ status: 'exporting', export: { phase: 'record' } });
  await exportStretch({ run_id: 'run', phase: 'record', stretch: first }, deps);
  expect(await finalize(input, deps)).toMatchObject({ status: 'exporting', export: { phase: 'write' } });
  for (const stretch of stretches) await exportStretch({ run_id: 'run', phase: 'write', stretch }, deps);
  expect(await finalize(input, deps)).toMatchObject({ status: 'committed' });
  expect(Manifest.parse(JSON.parse(Buffer.from(store.objects.get(KEYS.manifest) ?? '').toString()))).toBeDefined();
});

test('a collection that changed after its pairs were recorded is not written by what was chosen of the old one', async () => {
  const { store, deps, output, stretches } = await exporting();
  for (const stretch of stretches) await exportStretch({ run_id: 'run', phase: 'record', stretch }, deps);
  await finalize(output, deps);
  const changed = Buffer.from(store.objects.get(KEYS.collection) ?? '')
    .toString()
    .replaceAll('Move: b1', 'Move: b2');
  store.objects.set(KEYS.collection, Buffer.from(changed));
  const writing = Promise.all(
    stretches.map((stretch) => exportStretch({ run_id: 'run', phase: 'write', stretch }, deps)),
  );
  await expect(writing).rejects.toThrow(CorruptObject);
  await expect(writing).rejects.toThrow(/are not what they were when their pairs were recorded/);
});

test.each([
  ['changed', (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)))],
  ['cut off behind a group', () => Buffer.alloc(0)],
  ['cut off inside a group', (bytes: Buffer) => bytes.subarray(0, -1)],
])('records that were %s after they were told of are not chosen by', async (_, damage) => {
  const { store, deps, output, stretches } = await exporting();
  for (const stretch of stretches) await exportStretch({ run_id: 'run', phase: 'record', stretch }, deps);
  const key = KEYS.export.stretch(0).records;
  store.objects.set(key, damage(store.objects.get(key) ?? Buffer.alloc(0)));
  await expect(finalize(output, deps)).rejects.toThrow(CorruptObject);
  await expect(finalize(output, deps)).rejects.toThrow(/records\.bin is not what was recorded/);
});

test('more pairs than the function has memory to choose among are refused by name, with the ways out', async () => {
  const traces = memoryStore('traces');
  await traces.create('t.json', sample);
  const request = { source: { traces: { bucket: 'traces', key: 't.json' } } };
  const deps = { ...memoryDeps(traces), memoryBytes: 10_000 };
  const running = runSteps(request, deps);
  await expect(running).rejects.toThrow(DatasetTooLarge);
  await expect(running).rejects.toThrow(/^There are 104 pairs, .* takes 1 MB .* has 1\..*finalizeMemory.*formats \[\]/);
  const without = runSteps({ ...request, dataset: { formats: [] } }, { ...deps, ...memoryDeps(traces) });
  expect((await without).manifest.totals.total_pairs).toBe(104);
});
