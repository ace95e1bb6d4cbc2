import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps, runText } from '../support/run.ts';

/** Candidates as somebody's script could write them: examples in runs, some of which come again later. */
const candidate = fc.record({
  turn_id: fc.constantFrom('t0', 't1', 't2'),
  candidate_index: fc.nat(5),
  score: fc.oneof(fc.constantFrom(0, 0.5, 1, null), fc.double({ noNaN: true, min: -10, max: 10 })),
  prompt: fc.constantFrom('p', 'q "intermediate_steps" \\'),
  response: fc.string({ unit: 'grapheme', maxLength: 200 }),
  metadata: fc.constantFrom(undefined, null, { square: 'b1' }),
});
const line = fc.oneof(
  { weight: 30, arbitrary: candidate },
  { weight: 1, arbitrary: fc.constantFrom('{"example_id": 1, "turn_id": broken', '', '{"neither": "nor"}') },
  {
    weight: 1,
    arbitrary: fc.record({ id: fc.constantFrom('nat', 1), intermediate_steps: fc.constant([]) }),
  },
);
const runs = fc.array(fc.tuple(fc.constantFrom(1, '1', 2, 'x', 9007199254740993n), fc.array(line, { maxLength: 14 })), {
  minLength: 1,
  maxLength: 8,
});
const textOf = (examples: readonly (readonly [unknown, readonly (string | object)[]])[]): string =>
  examples
    .flatMap(([id, lines]) =>
      lines.map((line) => {
        if (typeof line === 'string') return line;
        if ('intermediate_steps' in line) return JSON.stringify(line);
        return `{"example_id":${typeof id === 'bigint' ? id : JSON.stringify(id)},${JSON.stringify(line).slice(1)}`;
      }),
    )
    .map((line) => `${line}\n`)
    .join('');

async function run(text: string, compatibility: string, shard_bytes: number, chunkBytes?: number) {
  const traces = memoryStore('traces', chunkBytes);
  traces.objects.set('t.jsonl', Buffer.from(text));
  try {
    const { collection, rejected, totals } = await runSteps(
      {
        source: { traces: { bucket: 'traces', key: 't.jsonl' } },
        builder: { compatibility },
        limits: { shard_bytes, max_rejected_fraction: 1 },
      },
      memoryDeps(traces),
    );
    return { collection, rejected, totals };
  } catch (error) {
    return { failed: error instanceof Error ? error.name : 'unknown' };
  }
}

test.each(['strict', 'nat'])(
  'candidate lines give the same bytes in %s wherever they are cut',
  async (compatibility) => {
    await fc.assert(
      fc.asyncProperty(runs, fc.integer({ min: 1024, max: 3000 }), fc.nat(900), async (examples, shardBytes, chunk) => {
        const text = textOf(examples);
        const whole = await run(text, compatibility, 1 << 30);
        expect(await run(text, compatibility, shardBytes, chunk + 1)).toEqual(whole);
      }),
      { numRuns: 250 },
    );
  },
);

const lines = (...candidates: object[]): string => candidates.map((each) => `${JSON.stringify(each)}\n`).join('');
const move = (example_id: unknown, score: unknown, response: string, more: object = {}) => ({
  example_id,
  turn_id: 't',
  candidate_index: 0,
  score,
  prompt: 'p',
  response,
  ...more,
});

test('candidate lines make the pairs that the same candidates make as a trace item', async () => {
  const metadata = { square: 'b1' };
  const plain = await runText(
    lines(move(7, 0.25, 'worse', { metadata }), move(7, 1, 'better', { candidate_index: 1 })),
  );
  const step = (score: number, output: string, candidate_index: number, metadata?: object) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      metadata,
      data: { turn_id: 't', candidate_index, score, input: 'p', output },
    },
  });
  const nat = await runText(
    lines({ id: 7, intermediate_steps: [step(0.25, 'worse', 0, metadata), step(1, 'better', 1)] }),
  );
  expect(plain.totals.total_pairs).toBe(1);
  expect(plain.collection).toBe(nat.collection);
  expect({ ...plain.totals, bytes: 0 }).toEqual({ ...nat.totals, bytes: 0 });
});

test("a line's tools belong to its prompt, and go to the collection", async () => {
  const tools = (name: string) => [{ type: 'function', function: { name, parameters: { type: 'object' } } }];
  const line = (candidate_index: number, score: number, name: string) =>
    JSON.stringify({
      ...{ example_id: 'e', turn_id: 't', candidate_index, score, prompt: 'q' },
      ...{ response: `answer ${candidate_index}`, tools: tools(name) },
    });
  const text = `${[line(0, 1, 'look'), line(1, 0.5, 'look'), line(2, 0, 'find')].join('\n')}\n`;
  const { groups, totals } = await runText(text, { dataset: { formats: ['trl'] } });
  expect(totals).toMatchObject({ total_pairs: 1, skipped_prompt_mismatch: 2 });
  expect(groups[0]?.trajectories[0]?.metadata.tools).toEqual(tools('look'));
  const nat = await runText(text, { builder: { compatibility: 'nat' } });
  expect(nat.totals.total_pairs).toBe(3);
  expect(nat.groups[0]?.trajectories[0]?.metadata).not.toHaveProperty('tools');
});

test('a line that cannot be read costs its neighbours nothing', async () => {
  const { groups, losses } = await runText(
    `${lines(move('a', 1, 'one'))}{"example_id": "a", oops\n${lines(move('a', 0, 'two'))}`,
  );
  expect(groups.map(({ trajectories }) => trajectories.length)).toEqual([1]);
  expect(losses.map(({ reason }) => reason)).toEqual(['invalid_json']);
});

test('a turn may be a number, or be left out where an example has one', async () => {
  const { turn_id: _, ...better } = move('a', 1, 'one');
  const { turn_id: __, ...worse } = move('a', 0, 'two');
  const numbered = [move('b', 1, 'one'), move('b', 0, 'two')].map((line) => ({ ...line, turn_id: 7 }));
  const { groups, losses } = await runText(lines(better, worse, ...numbered));
  expect(losses).toEqual([]);
  expect(groups.map(({ trajectories }) => trajectories.map(({ metadata }) => metadata.turn_id))).toEqual([
    ['0'],
    ['7'],
  ]);
});

test('a line says which key it lacks', async () => {
  const { example_id: _, ...anonymous } = move('a', 1, 'one');
  const { score: __, ...unscored } = move('a', 1, 'one');
  const { losses } = await runText(
    lines(anonymous, unscored, move('a', 1, 'one'), move('a', 0, 'two'), move(null, 0, 'two')),
  );
  expect(losses.map(({ reason, detail }) => `${reason}: ${detail}`).sort()).toEqual([
    'invalid_id: its "example_id" is null; give text or a number',
    'missing_id: this candidate line has no "example_id"',
    'missing_score: score is missing',
  ]);
});
