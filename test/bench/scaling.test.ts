import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimate } from '../../bench/scaling/arithmetic.ts';
import { dollars } from '../../bench/scaling/dollars.ts';
import { Figures } from '../../bench/scaling/figures.ts';
import { pairBytesOf, pairsIn } from '../../bench/scaling/finalize-room.ts';
import { collectionOf } from '../../bench/scaling/finalize-time.ts';
import { FINALIZE_MB, JOBS, type Job } from '../../bench/scaling/job.ts';
import { AWS, SPEED } from '../../bench/scaling/limits.ts';
import { limitsMet } from '../../bench/scaling/limits-met.ts';
import { buildShards } from '../../bench/scaling/map-work.ts';
import { shardCount } from '../../bench/scaling/shards.ts';
import { simulate } from '../../bench/scaling/simulate.ts';
import { simulateMap } from '../../bench/scaling/simulate-map.ts';
import { stretchCount } from '../../bench/scaling/stretches.ts';
import measured from '../../bench/scaling.json' with { type: 'json' };
import { type Shard, Shards } from '../../lib/contract/plan.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { cutShards } from '../../lib/stages/cut-shards.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const figures = Figures.parse(measured);

/** Some hundreds of shards of some MiB. */
const anyJob: fc.Arbitrary<Job> = fc.record({
  name: fc.constant('any'),
  objects: fc.integer({ min: 1, max: 40 }),
  objectBytes: fc.integer({ min: 1, max: 2 ** 30 }),
  form: fc.constantFrom('lines', 'array', 'gzip'),
  shardBytes: fc.integer({ min: 32 * 2 ** 20, max: 2 ** 30 }),
  maxConcurrency: fc.integer({ min: 1, max: 2_000 }),
  formats: fc.constantFrom<Job['formats'][]>([], ['trl'], ['nemo_customizer']),
  finalizeMb: fc.integer({ min: 3_008, max: 10_240 }),
  runs: fc.constant(1),
});
const anySeed = fc.nat();

describe('the simulated state machine', () => {
  test('whatever the job, it never runs, starts or makes more than each limit allows', () => {
    const limits = fc.record({
      mapConcurrency: fc.integer({ min: 1, max: 300 }),
      mapStartsPerSecond: fc.integer({ min: 1, max: 200 }),
      lambdaConcurrency: fc.integer({ min: 1, max: 300 }),
      lambdaBurst: fc.integer({ min: 1, max: 300 }),
      lambdaScalingPerSecond: fc.integer({ min: 1, max: 100 }),
      lambdaSeconds: fc.constant(AWS.lambdaSeconds),
      s3GetsPerSecond: fc.integer({ min: 100, max: 10_000 }),
      s3PutsPerSecond: fc.integer({ min: 100, max: 10_000 }),
    });
    fc.assert(
      fc.property(anyJob, limits, anySeed, (job, aws, seed) => {
        const { maxConcurrency } = job;
        const most = Math.min(maxConcurrency, aws.mapConcurrency, aws.lambdaConcurrency);
        const { map: shards, exports } = simulate(job, figures, seed, aws);
        for (const map of [shards, ...exports]) {
          expect(map.peak).toBeLessThanOrEqual(most);
          expect(map.startsInASecond).toBeLessThanOrEqual(aws.mapStartsPerSecond);
          expect(map.sandboxes).toBeLessThanOrEqual(map.peak);
          // What S3 lets through at once, and then by the second.
          expect(map.gets).toBeLessThanOrEqual(aws.s3GetsPerSecond * (1 + map.seconds));
          expect(map.puts).toBeLessThanOrEqual(aws.s3PutsPerSecond * (1 + map.seconds));
        }
      }),
    );
  });

  test('a seeded run is the same again, and another seed gives another', () => {
    const [, job] = JOBS;
    expect(job && simulate(job, figures, 7)).toEqual(job && simulate(job, figures, 7));
    expect(job && simulate(job, figures, 8)).not.toEqual(job && simulate(job, figures, 7));
  });

  test('more at once never takes longer, but for who draws the slow shards', () => {
    fc.assert(
      fc.property(anyJob, anySeed, fc.integer({ min: 1, max: 500 }), (job, seed, more) => {
        const work = buildShards(job, figures, SPEED);
        const fewer = simulateMap(work, seed, AWS, SPEED);
        const larger = simulateMap({ ...work, maxConcurrency: work.maxConcurrency + more }, seed, AWS, SPEED);
        // At worst a slow one comes last.
        expect(larger.seconds).toBeLessThanOrEqual(fewer.seconds + fewer.longest + SPEED.coldStartSeconds);
      }),
    );
  });
});

/** What is drawn, and that requests and shards come in whole numbers, is not in the arithmetic. */
const TOLERANCE = 0.2;
test.each(JOBS)('$name: the arithmetic agrees with the simulation within a fifth', (job) => {
  const by = estimate(job, figures);
  const simulated = simulate(job, figures, 1);
  expect(Math.abs(by.seconds / simulated.seconds - 1)).toBeLessThan(TOLERANCE);
  expect(simulated.rounds).toBe(by.rounds);
});

test('an array of many terabytes is cut in rounds, each within the time of a function', () => {
  const job: Job = { ...(JOBS[1] ?? never()), form: 'array' };
  const by = estimate(job, figures);
  expect(by.rounds).toBeGreaterThan(5);
  expect(by.evaluateSeconds / by.rounds).toBeLessThan(AWS.lambdaSeconds);
  expect(simulate(job, figures, 1).rounds).toBe(by.rounds);
});

describe('a collection over 2 GiB with a trainer’s files', () => {
  const exporting: Job = { ...(JOBS[1] ?? never()), objects: 20, formats: ['nemo_customizer'] };

  test('is exported in stretches: two maps over them, and Finalize three times', () => {
    const by = estimate(exporting, figures);
    expect(by.stretches).toBe(Math.ceil(collectionOf(exporting, figures, SPEED).bytes / 2 ** 28));
    expect([by.exports.length, by.finalize.length]).toEqual([2, 3]);
    const simulated = simulate(exporting, figures, 1);
    expect(simulated.exports).toHaveLength(2);
    expect(Math.abs(by.seconds / simulated.seconds - 1)).toBeLessThan(TOLERANCE);
  });

  test('is not where it is smaller, or where no format is asked for', () => {
    for (const job of [
      { ...exporting, objects: 2 },
      { ...exporting, formats: [] as const },
    ]) {
      const by = estimate(job, figures);
      expect([by.stretches, by.exports.length, by.finalize.length]).toEqual([0, 0, 1]);
    }
  });

  test('costs more of everything than without its files', () => {
    const [withFiles, without] = [exporting, { ...exporting, formats: [] as const }].map((job) =>
      dollars(job, figures, estimate(job, figures)),
    );
    const dearer = Object.entries(withFiles ?? never()).filter(
      ([what, price]) => price <= (without?.[what as keyof typeof without] ?? 0),
    );
    expect(dearer).toEqual([]);
  });

  test('whatever it is, its pairs fit exactly where Finalize would not refuse them', () => {
    fc.assert(
      fc.property(anyJob, (job) => {
        const by = estimate(job, figures);
        const { share } = limitsMet(job, figures, by).find(({ limit }) => limit === PAIRS_FIT) ?? never();
        const { pairs } = collectionOf(job, figures, SPEED);
        const refused = job.formats.length > 0 && pairs * pairBytesOf(job.formats) > (job.finalizeMb - 400) * 1e6;
        // A pair is not divided.
        if (Math.abs(share - 1) > 1e-6) expect(share > 1).toBe(refused);
      }),
    );
  });

  test('as many pairs as fit into the largest function are chosen among in its time', () => {
    const room = pairsIn(FINALIZE_MB.most, ['nemo_customizer']);
    const pairsOfObject = collectionOf({ ...exporting, objects: 1 }, figures, SPEED).pairs;
    const full = { ...exporting, objects: Math.floor(room / pairsOfObject), finalizeMb: FINALIZE_MB.most };
    expect(Math.max(...estimate(full, figures).finalize)).toBeLessThan(AWS.lambdaSeconds);
  });

  test('what choosing took of memory is no more than Finalize reckons with, where turns have three candidates', () => {
    const { one, two, with_trl_kto } = figures.choose;
    // Finalize keeps 400 MB for all else.
    const reckoned = ({ pairs }: typeof one, ...formats: Parameters<typeof pairBytesOf>[0]) =>
      400e6 + pairs * pairBytesOf(formats);
    expect(one.peakBytes).toBeLessThan(reckoned(one, 'nemo_customizer'));
    expect(two.peakBytes).toBeLessThan(reckoned(two, 'nemo_customizer', 'trl'));
    expect(with_trl_kto.peakBytes).toBeLessThan(reckoned(with_trl_kto, 'nemo_customizer', 'trl', 'trl_kto'));
  });

  test('the number of stretches is the one that Finalize writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60_000 }), async (exportsAlone) => {
        const { collection, stretches } = await stretchesOf(exportsAlone);
        expect(stretchCount(exporting, collection, exportsAlone)).toBe(stretches);
      }),
      { numRuns: 10 },
    );
  });
});
const PAIRS_FIT = 'the pairs that fit it';

/** Of a run over the example's traces, as far as the first call of Finalize. */
async function stretchesOf(exportsAlone: number) {
  const traces = memoryStore('traces');
  await traces.create('a.json', await readFile('examples/tic-tac-toe.json'));
  const deps = { ...memoryDeps(traces), ...NO_LIMITS, exportsAlone };
  const input = { run_id: 'run', source: { traces: { bucket: 'traces', key: 'a.json' } } };
  const planned = await evaluate({ execution: 'run', input }, deps);
  if (planned.status !== 'planned') throw new Error('cut at once');
  for (const shard of await readJson(deps.collections, planned.plan.key, Shards)) {
    await buildShard({ run_id: 'run', shard }, deps);
  }
  const told = await finalize(planned, deps);
  const { bytes } = (await deps.collections.head(runKeys('run').collection)) ?? never();
  return { collection: bytes, stretches: told.status === 'exporting' ? told.export.stretches : 0 };
}

describe('the number of shards is that of the plan', () => {
  const BEGINNINGS = { lines: Buffer.from('{"id":1}\n{"id":2}\n'), gzip: Buffer.from([0x1f, 0x8b, 8, 0]) };
  async function planned({ objects, objectBytes, form, shardBytes }: Job): Promise<number> {
    const listed = Array.from({ length: objects }, (_, number) => ({
      bucket: 'traces',
      key: `traces/2026-11/evaluation/part-of-the-nightly-run-${String(number).padStart(6, '0')}.jsonl`,
      etag: '"0123456789abcdef0123456789abcdef"',
      bytes: objectBytes,
    }));
    const traces = {
      ...memoryStore('traces'),
      async *read() {
        yield BEGINNINGS[form === 'gzip' ? 'gzip' : 'lines'];
      },
    };
    const shards: Shard[] = [];
    for await (const shard of cutShards(listed, shardBytes, memoryDeps(traces))) shards.push(shard);
    return shards.length;
  }

  test('of JSON lines and of gzip, whatever their sizes', async () => {
    const unread = anyJob.filter(({ form }) => form !== 'array');
    await fc.assert(
      fc.asyncProperty(unread, async (job) => {
        expect(await planned(job)).toBe(shardCount(job));
      }),
    );
  });

  test('of an array, but for one: it is cut behind the element that reaches so far', async () => {
    const sizes = fc.record({
      elements: fc.integer({ min: 1, max: 60 }),
      shardBytes: fc.integer({ min: 1_024, max: 9_000 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ elements, shardBytes }) => {
        const array = Array.from({ length: elements }, (_, id) => ({
          id,
          question: 'q'.repeat(300 + ((id * 37) % 200)),
        }));
        const bytes = Buffer.from(JSON.stringify(array, null, 2));
        const traces = memoryStore('traces');
        await traces.create('traces.json', bytes);
        const found = await traces.head('traces.json');
        const objects = found ? [{ ...found, bucket: 'traces', version: undefined }] : [];
        const shards = await Array.fromAsync(cutShards(objects, shardBytes, memoryDeps(traces)));
        const job: Job = { ...(JOBS[0] ?? never()), objects: 1, objectBytes: bytes.length, form: 'array', shardBytes };
        expect(shardCount(job) - shards.length).toBeGreaterThanOrEqual(0);
        expect(shardCount(job) - shards.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('of many small objects, as many to a shard as its text may name', async () => {
    const job: Job = { ...(JOBS[0] ?? never()), objects: 5_000, objectBytes: 1_000 };
    expect(Math.abs((await planned(job)) / shardCount(job) - 1)).toBeLessThan(0.1);
  });
});

function never(): never {
  throw new Error('there are jobs');
}
