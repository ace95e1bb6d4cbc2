import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { runPlace } from '../../functions/run-place.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import type { TraceSource } from '../../lib/contract/source.ts';
import { estimateRun } from '../../lib/estimate/estimate-run.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { drawPlan } from '../../lib/stages/draw-plan.ts';
import { describeCut } from '../../lib/stages/estimate/describe-cut.ts';
import { sampleRun } from '../../lib/stages/estimate/sample-run.ts';
import { findTraces } from '../../lib/stages/find-traces.ts';
import { golden, readExpected } from '../sources/formats/expected.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { storePath } from '../support/stored-folder.ts';
import { forms, traceItems } from '../support/trace-arbitraries.ts';
import { archiveOf } from '../support/zip-archive.ts';

const place = runPlace(3008);

/** The estimate by a sample of so many bytes of text, and what the run then makes. */
async function estimated(files: Readonly<Record<string, Buffer>>, settings: object = {}, most?: number) {
  const traces = memoryStore('traces', 1024);
  for (const [key, bytes] of Object.entries(files)) traces.objects.set(key, bytes);
  const given = {
    source: { traces: { bucket: 'traces', prefix: '' } },
    dataset: { formats: [] },
    limits: { max_rejected_fraction: 1, allow_empty: true, shard_bytes: 16_384 },
    ...settings,
  };
  const request = parseRequest({ run_id: 'run', ...given });
  const source = request.source as TraceSource;
  const deps = memoryDeps(traces);
  const { objects } = await findTraces(source, deps);
  const drawn = await drawPlan(request, source, objects, deps);
  const sample = await sampleRun(request, drawn, deps, most);
  const bounds = { place, ceilings: DEFAULT_CEILINGS, maxConcurrency: 100 };
  const estimate = estimateRun(request, describeCut(drawn, { ...request, source }), sample, bounds);
  const { totals, manifest } = await runSteps(given, deps);
  return { estimate, sample, drawn, totals, manifest };
}

describe.each(Object.entries(forms))('of a small source, as %s,', (_, write) => {
  test('the estimate is what the run makes, to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(traceItems, fc.integer({ min: 1, max: 3 }), async (items, objects) => {
        const files = Object.fromEntries(Array.from({ length: objects }, (_, at) => [`${at}.json`, write(items)]));
        const { estimate, totals, manifest } = await estimated(files);
        expect(estimate.sample.whole).toBe(true);
        expect(estimate.pairs).toEqual({ least: totals.total_pairs, most: totals.total_pairs });
        expect(estimate.candidates.most).toBe(totals.total_candidates);
        expect(estimate.collection_bytes.most).toBe(manifest.collection.bytes);
      }),
      { numRuns: 25 },
    );
  });
});

/** Text without patterns: a compressor gains some half of it, at every place alike. */
function textOf(random: number, length: number): string {
  let state = random * 2_654_435_761;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(97 + ((state >>> 24) % 26));
  }).join('');
}

const spot = (at: number, of: number): number => ((at * 7919) % 104_729) % of;

const natItem = (at: number) => ({
  id: `e${at}`,
  question: textOf(at, 20 + spot(at, 80)),
  intermediate_steps: Array.from({ length: 2 + spot(at, 3) }, (_, index) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      UUID: `${at}-${index}`,
      data: { turn_id: 't', candidate_index: index, score: index / 4, input: `p${at}`, output: textOf(at + index, 60) },
    },
  })),
});
const scoredList = (at: number) => {
  const answers = Array.from({ length: 2 + spot(at, 3) }, (_, index) => textOf(at + index, 50 + spot(at, 70)));
  return { prompt: textOf(at, 40), responses: answers, rewards: answers.map((_, index) => index / 4) };
};

const asLines = (records: readonly object[]) => Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
const asCsv = (records: readonly object[]) => {
  const cell = (value: unknown) =>
    `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;
  const rows = records.map((one) => Object.values(one).map(cell).join(','));
  return Buffer.from(`${Object.keys(records[0] ?? {}).join(',')}\n${rows.join('\n')}\n`);
};
const asParquet = (records: readonly object[]) => {
  const names = Object.keys(records[0] ?? {});
  const columnData = names.map((name) => ({
    name,
    data: records.map((one) => {
      const value = Object.entries(one).find(([key]) => key === name)?.[1];
      return typeof value === 'string' ? value : JSON.stringify(value);
    }),
  }));
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 50 }));
};
const inEntries = (records: readonly object[]) =>
  archiveOf(
    records.map((one, at) => ({ name: `${String(at).padStart(5, '0')}.json`, text: Buffer.from(JSON.stringify(one)) })),
  );

const CONTAINERS: readonly (readonly [string, (records: readonly object[]) => Buffer])[] = [
  ['JSON lines', asLines],
  ['a compact array', (records) => Buffer.from(JSON.stringify(records))],
  ['an indented array', (records) => Buffer.from(JSON.stringify(records, null, 2))],
  ['CSV', asCsv],
  ['Parquet', asParquet],
  ['an archive with an entry a record', inEntries],
  ['an archive of lines', (records) => archiveOf([{ name: 'all.jsonl', text: asLines(records) }])],
  ['lines in gzip', (records) => gzipSync(asLines(records))],
  ['lines in zstd', (records) => zstdCompressSync(asLines(records))],
  ['an array in gzip', (records) => gzipSync(JSON.stringify(records))],
  ['CSV in gzip', (records) => gzipSync(asCsv(records))],
];

describe.each([
  // A table of NAT's traces is not read out of gzip.
  ["NAT's traces", natItem, CONTAINERS.filter(([name]) => name !== 'CSV in gzip')],
  ['a format whose records are groups', scoredList, CONTAINERS],
] as const)('of %s', (_, record, containers) => {
  test.each(containers)(
    'as %s, the pairs are within the range that a fraction of the bytes shows',
    async (_, write) => {
      const records = Array.from({ length: 600 }, (_, at) => record(at));
      const { estimate, drawn, totals, manifest } = await estimated({ 'records.json': write(records) }, {}, 40_960);
      expect(estimate.sample.whole).toBe(false);
      expect(estimate.sample.records).toBeLessThan(records.length / 2);
      expect(estimate.shards).toBe(drawn.shards.length);
      expect(totals.total_pairs).toBeGreaterThan(500);
      for (const [{ least, most }, found] of [
        [estimate.pairs, totals.total_pairs],
        [estimate.candidates, totals.total_candidates],
        [estimate.collection_bytes, manifest.collection.bytes],
      ] as const) {
        expect(found).toBeGreaterThanOrEqual(least);
        expect(found).toBeLessThanOrEqual(most ?? 0);
        // A range that says nothing would hold anything.
        expect(most).toBeLessThan(3 * found);
        expect(least).toBeGreaterThan(found / 3);
      }
    },
  );

  test('in several hundred small files, a few of them show it', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`${at}.json`, asLines([record(2 * at), record(2 * at + 1)])]),
    );
    const { estimate, totals } = await estimated(files, {}, 32_768);
    expect(estimate.sample.records).toBeLessThan(200);
    expect(totals.total_pairs).toBeGreaterThanOrEqual(estimate.pairs.least);
    expect(totals.total_pairs).toBeLessThanOrEqual(estimate.pairs.most ?? 0);
  });
});

const rollout = (group: number) => (at: number) => ({
  task_id: `t${group}`,
  prompt: `p${group}`,
  completion: textOf(group * 31 + at, 80),
  reward: at,
});

test('of groups that may lie apart, the pairs are at least those that the sample shows, and candidates are not bounded', async () => {
  const groups = Array.from({ length: 150 }, (_, group) => [0, 1, 2, 3].map(rollout(group)));
  const together = await estimated({ 'a.jsonl': asLines(groups.flat()) }, {}, 16_384);
  expect(together.estimate.grouping_tasks).toBeGreaterThan(1);
  expect(together.estimate.pairs.most).toBeNull();
  expect(together.estimate.pairs.least).toBeGreaterThan(together.totals.total_pairs / 3);
  expect(together.estimate.pairs.least).toBeLessThanOrEqual(together.totals.total_pairs);
  const apart = await estimated(
    { 'a.jsonl': asLines([0, 1, 2, 3].flatMap((at) => groups.flatMap((one) => one[at] ?? []))) },
    {},
    16_384,
  );
  expect(apart.estimate.pairs.least).toBeLessThanOrEqual(apart.totals.total_pairs);
  expect(apart.totals.total_pairs).toBe(together.totals.total_pairs);
  // Read whole, they are known.
  const whole = await estimated({ 'a.jsonl': asLines(groups.flat()) });
  expect(whole.estimate.pairs).toEqual({ least: whole.totals.total_pairs, most: whole.totals.total_pairs });
});

describe('of what products wrote, read whole, the estimate is what the run makes:', () => {
  test.each([
    ...['inspect/odd.eval', 'verifiers/v0-complete', 'nemo_gym/run', 'harbor/store-job-agents'],
    ...['otel/span', 'scored_lists/ultrafeedback/train.parquet', 'verl/v1'],
  ])('%s', async (path) => {
    const score = Object.keys(readExpected(path).views)[0];
    const folder = await storePath(golden(path));
    const settings = { source: { traces: { bucket: 'traces', prefix: '' }, score } };
    const { estimate, totals, manifest } = await estimated(Object.fromEntries(folder.objects), settings);
    expect(estimate.sample.whole).toBe(true);
    expect(totals.total_pairs).toBeGreaterThan(0);
    expect(estimate.pairs).toEqual({ least: totals.total_pairs, most: totals.total_pairs });
    expect(estimate.collection_bytes.most).toBe(manifest.collection.bytes);
  });
});

test('of records that are joined from anywhere, nothing is known before all of them are read', async () => {
  const folder = await storePath(golden('langfuse/jsonl'));
  const settings = {
    source: { traces: { bucket: 'traces', prefix: '' }, score: Object.keys(readExpected('langfuse/jsonl').views)[0] },
  };
  const { estimate } = await estimated(Object.fromEntries(folder.objects), settings, 1024);
  expect(estimate.sample).toEqual({ bytes: 0, records: 0, whole: false });
  expect(estimate.pairs).toEqual({ least: 0, most: null });
  expect(estimate.limits.map(({ limit }) => limit)).toContain("GroupCandidates' memory (1769 MB)");
});

describe('however much there is, the sample takes some MB and some hundred objects:', () => {
  /** What was read of a store, and how often. */
  const watched = (inner: ObjectStore) => {
    const read = { bytes: 0, times: 0 };
    const store: ObjectStore = {
      ...inner,
      async *read(key, options) {
        read.times += 1;
        for await (const chunk of inner.read(key, options)) {
          read.bytes += chunk.length;
          yield chunk;
        }
      },
    };
    return { store, read };
  };
  const sampled = async (traces: ObjectStore) => {
    const request = parseRequest({ run_id: 'run', source: { traces: { bucket: 'traces', prefix: '' } } });
    const source = request.source as TraceSource;
    const { objects } = await findTraces(source, memoryDeps(traces));
    const drawn = await drawPlan(request, source, objects, memoryDeps(traces));
    const { store, read } = watched(traces);
    const sample = await sampleRun(request, drawn, memoryDeps(store));
    return { sample, read };
  };

  test('of 10 GB of lines', async () => {
    const content = asLines(Array.from({ length: 100 }, (_, at) => natItem(at)));
    const size = 10e9;
    const long: ObjectStore = {
      ...memoryStore('traces'),
      async *list() {
        yield { key: 'a.jsonl', bytes: size, etag: '"e"' };
      },
      async *read(_, { start = 0, end = size } = {}) {
        for (let at = start; at < end; ) {
          const chunk = content.subarray(at % content.length).subarray(0, end - at);
          yield chunk;
          at += chunk.length;
        }
      },
    };
    const { sample, read } = await sampled(long);
    expect(sample.stretches.length).toBeGreaterThan(8);
    expect(read.bytes).toBeLessThan(8e6);
  });

  test('of 20,000 objects', async () => {
    const traces = memoryStore('traces');
    for (let at = 0; at < 20_000; at++) traces.objects.set(`${at}.jsonl`, asLines([natItem(at)]));
    const { sample, read } = await sampled(traces);
    expect(sample.stretches.length).toBeGreaterThan(8);
    expect(read.times).toBeLessThan(1000);
  });

  test('of a stream that inflates to a thousand times its bytes', async () => {
    const traces = memoryStore('traces');
    const line = JSON.stringify({ ...natItem(1), question: 'a'.repeat(1_000_000) });
    traces.objects.set('a.jsonl.gz', gzipSync(`${line}\n`.repeat(60)));
    const { sample } = await sampled(traces);
    expect(sample.whole).toBe(false);
    expect(sample.stretches.reduce((sum, { textBytes }) => sum + textBytes, 0)).toBeLessThan(8e6);
  });
});
