import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import { InputChanged } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { HEAD_BYTES } from '../../lib/sources/containers/sniff.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { crashAnywhere, inMemory } from '../faults/crashes.ts';
import { inRounds } from '../faults/traces.ts';
import { mutate } from '../sources/formats/nat/scan-reference.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { randomOf, scheduledStore, scheduler } from '../support/scheduled-store.ts';
import { forms, traceItems } from '../support/trace-arbitraries.ts';

const NO_TIME = 0;
const TIME = 900_000;

const input = (shard_bytes: number) => ({
  execution: 'run',
  input: {
    run_id: 'run',
    source: { traces: { bucket: 'traces', prefix: 't/' } },
    limits: { shard_bytes },
  },
});

/** Calls Evaluate until it has a plan, with the time left that `clock` gives after each shard; the number of calls. */
async function plannedBy(clock: () => number, traces: ObjectStore, collections: ObjectStore, shardBytes = 1024) {
  const deps = { ...memoryDeps(traces, collections), remainingMs: clock };
  for (let calls = 1; ; calls += 1) {
    const { status } = await evaluate(input(shardBytes), deps);
    if (status !== 'cutting') return calls;
  }
}

const planOf = (store: ReturnType<typeof memoryStore>) => store.objects.get(runKeys('run').plan)?.toString();

const items = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, question: `${id} `.repeat(100), intermediate_steps: [] }));

test('the plan is the same wherever rounds end, of traces of every form, whole and damaged', async () => {
  const objects = fc.array(
    fc.record({
      items: traceItems,
      form: fc.constantFrom(...Object.values(forms)),
      damage: fc.option(fc.nat(), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1024, max: 3000 }), fc.nat(), async (all, shardBytes, seed) => {
      const traces = memoryStore('traces', 777);
      for (const [at, { items, form, damage }] of all.entries()) {
        const bytes = form(items);
        const broken = damage === undefined ? bytes : damaged(bytes, damage);
        traces.objects.set(`t/${at}.json`, broken);
      }
      const [atOnce, rounds] = [memoryStore('collections'), memoryStore('collections')];
      await plannedBy(() => TIME, traces, atOnce, shardBytes);
      const random = randomOf(seed);
      await plannedBy(() => (random() < 0.5 ? NO_TIME : TIME), traces, rounds, shardBytes);
      expect(planOf(rounds)).toBe(planOf(atOnce));
    }),
    { numRuns: 150 },
  );
});

function damaged(bytes: Buffer, seed: number): Buffer {
  const random = randomOf(seed);
  return mutate(bytes, (below) => Math.floor(random() * below));
}

test('an array that takes several rounds is read once, but for what lies behind the last cut of each', async () => {
  const [chunk, shardBytes] = [512, 8192];
  const traces = memoryStore('traces', chunk);
  const array = forms['a compact array'](items(600));
  traces.objects.set('t/a.json', array);
  let read = 0;
  const counted: ObjectStore = {
    ...traces,
    async *read(key, options) {
      for await (const piece of traces.read(key, options)) {
        read += piece.length;
        yield piece;
      }
    },
  };
  let shards = 0;
  const everyFourth = () => (++shards % 4 === 0 ? NO_TIME : TIME);
  const calls = await plannedBy(everyFourth, counted, memoryStore('collections'), shardBytes);
  expect(calls).toBeGreaterThan(3);
  const item = 1024;
  // Each call looks at the head of the array, and ends a round somewhere behind a cut.
  expect(read).toBeLessThan(array.length + calls * (HEAD_BYTES + chunk + item + chunk));
});

test('traces are those that the first round pinned, whatever stands there by now', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  traces.objects.set('t/a.json', forms['a compact array'](items(20)));
  const deps = { ...memoryDeps(traces, collections), remainingMs: () => NO_TIME };
  expect(await evaluate(input(1024), deps)).toMatchObject({ status: 'cutting', shards: 1, inputs: 1 });
  traces.objects.set('t/b.jsonl', forms['JSON lines'](items(9)));
  await plannedBy(() => TIME, traces, collections);
  const shards = await readJson(collections, runKeys('run').plan, Shards);
  expect(new Set(shards.flatMap(({ slices }) => slices.map(({ key }) => key)))).toEqual(new Set(['t/a.json']));
});

test('a trace that changes between two rounds fails the run by name', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  traces.objects.set('t/a.json', forms['a compact array'](items(20)));
  const deps = { ...memoryDeps(traces, collections), remainingMs: () => NO_TIME };
  await evaluate(input(1024), deps);
  traces.objects.set('t/a.json', forms['a compact array'](items(21)));
  await expect(evaluate(input(1024), deps)).rejects.toThrow(InputChanged);
});

test('two executions of one run that cut at the same time come to one plan', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const [traces, collections, alone] = [
      memoryStore('traces'),
      memoryStore('collections'),
      memoryStore('collections'),
    ];
    traces.objects.set('t/a.json', forms['a compact array'](items(12)));
    traces.objects.set('t/b.jsonl', forms['JSON lines'](items(12)));
    await plannedBy(() => TIME, traces, alone);
    const turns = scheduler(seed);
    const random = randomOf(seed);
    const executions = [1, 2].map(() =>
      plannedBy(
        () => (random() < 0.7 ? NO_TIME : TIME),
        scheduledStore(traces, turns),
        scheduledStore(collections, turns),
      ),
    );
    await turns.until(Promise.all(executions));
    expect(planOf(collections)).toBe(planOf(alone));
  }
});

test('a run whose plan takes many rounds, killed at any side effect, is the same as one that was not', async () => {
  for (const row of await crashAnywhere('in rounds', inRounds, inMemory, 5)) {
    expect(row).toMatchObject({ lost: 0, doubled: 0, changed: 0 });
    expect(row.injected).toBeGreaterThan(5);
  }
});

test('each shard of a plan that took rounds can be built', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  traces.objects.set('t/a.json', forms["NAT's indented array"](items(20)));
  await plannedBy(() => NO_TIME, traces, collections);
  let read = 0;
  for (const shard of await readJson(collections, runKeys('run').plan, Shards)) {
    read += (await buildShard({ run_id: 'run', shard }, memoryDeps(traces, collections))).items;
  }
  expect(read).toBe(20);
});
