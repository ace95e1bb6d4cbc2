import { describe, expect, test } from 'vitest';
import { runPlace } from '../../functions/run-place.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { type Estimate, RunEstimate } from '../../lib/contract/estimate.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { describeCut } from '../../lib/stages/estimate/describe-cut.ts';
import { requireEnd } from '../../lib/stages/estimate/require-end.ts';
import { type EvaluateDeps, evaluate } from '../../lib/stages/evaluate.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const KEYS = runKeys('run');
const place = runPlace(3008);

const item = (id: number) =>
  `${JSON.stringify({
    id,
    question: 'q',
    intermediate_steps: [0.1, 0.5, 0.9].map((score, candidate_index) => ({
      payload: {
        ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${id}-${candidate_index}` },
        data: { turn_id: 't', candidate_index, score, input: `p${id}`, output: `${id} ${'a'.repeat(200)} ${score}` },
      },
    })),
  })}\n`;
const LINES = Buffer.from(Array.from({ length: 200 }, (_, id) => item(id)).join(''));

/** A stack that estimates. Objects of `sizes` are so long: what they hold, over and over. */
function stack(files: Readonly<Record<string, Buffer>>, sizes: Readonly<Record<string, number>> = {}) {
  const inner = memoryStore('traces');
  for (const [key, bytes] of Object.entries(files)) inner.objects.set(key, bytes);
  const long = <Found extends { readonly key: string; readonly bytes: number }>(found: Found): Found => ({
    ...found,
    bytes: sizes[found.key] ?? found.bytes,
  });
  const traces: ObjectStore = {
    ...inner,
    head: async (key) => {
      const found = await inner.head(key);
      return found && long(found);
    },
    async *list(prefix) {
      for await (const found of inner.list(prefix)) yield long(found);
    },
    async *read(key, options) {
      const size = sizes[key];
      const content = inner.objects.get(key);
      if (size === undefined || !content) return yield* inner.read(key, options);
      const end = Math.min(options?.end ?? size, size);
      for (let at = options?.start ?? 0; at < end; ) {
        const from = at % content.length;
        const chunk = content.subarray(from, from + Math.min(65_536, end - at));
        yield chunk;
        at += chunk.length;
      }
    },
  };
  const collections = memoryStore('collections');
  const deps: EvaluateDeps = { ...memoryDeps(traces, collections), ceilings: DEFAULT_CEILINGS, place };
  return { collections, deps, start: (request: object) => evaluate({ execution: 'run', input: request }, deps) };
}

const over = (key: string, more: object = {}) => ({ source: { traces: { bucket: 'traces', key } }, ...more });
const estimateIn = async (store: ObjectStore): Promise<Estimate> =>
  (await readJson(store, KEYS.estimate, RunEstimate)).estimate;
async function tracesEstimateIn(store: ObjectStore) {
  const estimate = await estimateIn(store);
  if (estimate.kind !== 'traces') throw new Error('It is of a workflow.');
  return estimate;
}

describe('the plan of a run on AWS has an estimate', () => {
  test('of as many shards as the plan, and the pairs that there will be', async () => {
    const { collections, start } = stack({ 'traces/a.jsonl': LINES });
    const planned = await start(over('traces/a.jsonl', { limits: { shard_bytes: 1_048_576 } }));
    const estimate = await tracesEstimateIn(collections);
    expect(estimate).toMatchObject({
      ...{ inputs: 1, input_bytes: LINES.length, shards: planned.shards, pairs: { least: 600, most: 600 } },
      ...{ warnings: [], sample: { records: 200, whole: true } },
    });
    const [nearest] = estimate.limits;
    expect(nearest?.share).toBeLessThan(0.01);
  });

  test('which is the same bytes when it is planned again, whatever the store hands over at once', async () => {
    const plans = [1, 7, 65_536].map(async (chunk) => {
      const { collections, deps } = stack({ 'traces/a.jsonl': LINES });
      const traces = memoryStore('traces', chunk);
      traces.objects.set('traces/a.jsonl', LINES);
      await evaluate({ execution: 'run', input: over('traces/a.jsonl') }, { ...deps, bucket: () => traces });
      return Buffer.from(await readAll(collections, KEYS.estimate)).toString();
    });
    const [first, ...others] = await Promise.all(plans);
    for (const other of others) expect(other).toBe(first);
  });

  test('which stays when the run is started again, and is not made of a run that has a plan', async () => {
    const { collections, start } = stack({ 'traces/a.jsonl': LINES });
    await start(over('traces/a.jsonl'));
    collections.objects.delete(KEYS.estimate);
    await start(over('traces/a.jsonl'));
    expect(collections.objects.has(KEYS.estimate)).toBe(false);
  });

  test.each([KEYS.request, KEYS.estimate, KEYS.plan])(
    'and is the same where Evaluate dies before or after it writes %s, and is tried again',
    async (key) => {
      const whole = stack({ 'traces/a.jsonl': LINES });
      await whole.start(over('traces/a.jsonl'));
      for (const when of ['before', 'after'] as const) {
        const { collections, deps } = stack({ 'traces/a.jsonl': LINES });
        const dying = async <Result>(written: string, write: () => Promise<Result>): Promise<Result> => {
          if (written === key && when === 'before') throw new Error('died');
          const result = await write();
          if (written === key) throw new Error('died');
          return result;
        };
        const store: ObjectStore = {
          ...collections,
          create: (to, body) => dying(to, () => collections.create(to, body)),
          write: (to, body, options) => dying(to, () => collections.write(to, body, options)),
        };
        const input = { execution: 'run', input: over('traces/a.jsonl') };
        await expect(evaluate(input, { ...deps, collections: store })).rejects.toThrow('died');
        await evaluate(input, deps);
        expect([...collections.objects].toSorted()).toEqual([...whole.collections.objects].toSorted());
      }
    },
  );

  test('and no estimate where nothing is paid for', async () => {
    const { collections, deps } = stack({ 'traces/a.jsonl': LINES });
    await evaluate({ execution: 'run', input: over('traces/a.jsonl') }, { ...deps, place: undefined });
    expect(collections.objects.has(KEYS.plan)).toBe(true);
    expect(collections.objects.has(KEYS.estimate)).toBe(false);
  });

  test('an object that was replaced since is left to the shard that reads it', async () => {
    const { collections, deps } = stack({ 'traces/a.jsonl': LINES });
    const inner = deps.bucket('traces');
    const changing: ObjectStore = {
      ...inner,
      head: async (key) => {
        const found = await inner.head(key);
        return found && { ...found, etag: '"other"' };
      },
    };
    await evaluate({ execution: 'run', input: over('traces/a.jsonl') }, { ...deps, bucket: () => changing });
    expect(await tracesEstimateIn(collections)).toMatchObject({ pairs: { least: 0, most: null } });
  });

  test('of a live workflow: what it is asked', async () => {
    const { collections, start } = stack({ 'traces/rows.csv': Buffer.from('id,question\n1,a\n2,b\n3,c\n') });
    const dataset = { bucket: 'traces', key: 'traces/rows.csv' };
    const workflow = { endpoint: 'https://agent.example', dataset, reps: 2, batch_size: 2, max_retries: 1 };
    await start({ source: { workflow: { ...workflow, timeout_seconds: 60, max_concurrency: 4 } } });
    expect(await estimateIn(collections)).toEqual({
      kind: 'workflow',
      ...{ examples: 6, requests: { least: 6, most: 12 }, batches: 4, most_seconds: 180 },
    });
  });
});

describe('what may not end is a warning of the plan, with the setting that helps:', () => {
  test("Choose's memory", async () => {
    const { collections, start } = stack({ 'traces/a.jsonl': LINES }, { 'traces/a.jsonl': 1e10 });
    await start(over('traces/a.jsonl'));
    const { warnings, choose_bytes, limits } = await tracesEstimateIn(collections);
    expect(choose_bytes.least).toBeGreaterThan(place.chooseBytes);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^The run may fail: it needs about \d+ % of Choose's memory \(3008 MB\)\. .*chooseMemory/),
    );
    expect(limits[0]?.limit).toBe("Choose's memory (3008 MB)");
    // Without a dataset nothing is chosen.
    const without = stack({ 'traces/a.jsonl': LINES }, { 'traces/a.jsonl': 1e10 });
    await without.start(over('traces/a.jsonl', { dataset: { formats: [] } }));
    expect((await tracesEstimateIn(without.collections)).choose_bytes).toEqual({ least: 0, most: 0 });
  });

  test.each([
    ['a compact array', 'traces/a.json', {}, /several files in place of traces\/a\.json, or uncompressed JSON lines/],
    [
      'source.cut false',
      'traces/a.jsonl',
      { cut: false },
      /source\.cut true, so that several tasks read traces\/a\.jsonl/,
    ],
    ['nat', 'traces/a.jsonl', { compatibility: 'nat' }, /builder\.compatibility strict/],
  ])(
    '15 minutes for an object that one task reads whole, because of %s',
    async (_, key, { cut, compatibility }: { cut?: boolean; compatibility?: string }, fix) => {
      const array = Buffer.from(`[${LINES.toString().trimEnd().split('\n').join(',')}]`);
      const files = { 'traces/a.json': array, 'traces/a.jsonl': LINES };
      const { collections, start } = stack(files, { [key]: 100e9 });
      await start({
        source: { traces: { bucket: 'traces', key }, cut },
        builder: { compatibility },
        dataset: { formats: [] },
      });
      const { warnings } = await tracesEstimateIn(collections);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/% of 15 minutes for the largest task\./);
      expect(warnings[0]).toMatch(fix);
    },
  );
});

describe('what cannot end is refused by name, before anything is written or claimed:', () => {
  test('an object that no function reads in 15 minutes, and that one task has to read', async () => {
    const { collections, start } = stack({ 'traces/a.jsonl': LINES }, { 'traces/a.jsonl': 2e12 });
    const source = { traces: { bucket: 'traces', key: 'traces/a.jsonl' } };
    await expect(start({ source: { ...source, cut: false } })).rejects.toMatchObject({
      name: 'SourceTooLarge',
      message:
        'One task would read 2000000000000 bytes, and no function reads more than 1125000000000 in its 15 minutes. ' +
        'What helps: source.cut true, so that several tasks read traces/a.jsonl.',
    });
    expect([...collections.objects.keys()]).toEqual([]);
    // Cut, it can be read, and the ceilings are what refuses it.
    await expect(start({ source })).rejects.toMatchObject({ name: 'CeilingExceeded' });
  });

  test('a plan that the states after Evaluate do not read', () => {
    const slice = {
      bucket: 'traces',
      key: 'k'.repeat(1000),
      etag: '"e"',
      object_bytes: 10,
      start: 0,
      end: 10,
      cut: null,
    };
    const shards = Array.from({ length: 400 }, (_, ordinal) => ({ ordinal, slices: [slice] }));
    const resolved = { kind: 'native', objects: [], passedOver: [], beside: [] } as const;
    const drawn = { resolved, shards, grouping: [] };
    const by = parseRequest({ run_id: 'run', ...over('traces/') });
    const source = { traces: { bucket: 'traces', prefix: 'traces/' }, cut: true };
    expect(() => requireEnd(drawn, { ...describeCut(drawn, { ...by, source }), inputs: 400 }, 400_000)).toThrow(
      /^The plan of 400 files would have \d+ bytes, and a state reads at most 400000 of one\. What helps: fewer files per run/,
    );
    const fewer = { ...drawn, shards: shards.slice(0, 300) };
    expect(() => requireEnd(fewer, describeCut(fewer, { ...by, source }), 400_000)).not.toThrow();
  });
});
