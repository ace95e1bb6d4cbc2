import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps, runText } from '../support/run.ts';

/** A trace item with one turn of two candidates. */
const item = (id: unknown, more: object = {}) => ({
  id,
  intermediate_steps: [step('A', 0.9), step('B', 0.1)],
  ...more,
});
const step = (output: unknown, score: unknown, more: object = {}, name = 'dpo_candidate_move') => ({
  payload: {
    event_type: 'TTC_END',
    name,
    UUID: `uuid-${output}`,
    metadata: null,
    data: { turn_id: 't', candidate_index: 0, score, input: 'the prompt', output, ...more },
  },
});
const lines = (...all: unknown[]) => all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n');
const losses = (run: Awaited<ReturnType<typeof runText>>) =>
  run.losses.map(({ kind, reason, offset }) => [kind, reason, offset]);
const examples = (run: Awaited<ReturnType<typeof runText>>) => run.groups.map(({ example_id }) => example_id);

describe('one bad line never loses its neighbours', () => {
  const first = `${JSON.stringify(item(1))}\n`;
  test.each([
    ['a broken line', '{"id": 2, "intermediate_steps": [', 'invalid_json'],
    ['a line that is text', 'not json at all', 'invalid_json'],
    ['a token that only looks like NaN', '{"id": 2, "score": -NaN}', 'invalid_json'],
    ['an id that is NaN', '{"id": NaN}', 'invalid_id'],
    ['a line that is a number', '42', 'not_an_object'],
    ['a line that is a list', '[1, 2]', 'not_an_object'],
    ['100,000 open brackets', '['.repeat(100_000), 'invalid_json'],
    ['100,000 nested lists', `{"id": 2, "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'too_deep'],
    ['an item without id', '{"intermediate_steps": []}', 'missing_id'],
    ['a null id', '{"id": null}', 'invalid_id'],
    ['an id that is an object', '{"id": {"a": 1}}', 'invalid_id'],
  ])('%s is rejected at its byte, with its reason', async (_, bad, reason) => {
    const run = await runText(lines(item(1), bad, item(3)), { key: 'traces.jsonl' });
    expect(examples(run)).toEqual(['1', '3']);
    expect(losses(run)).toEqual([['item', reason, first.length]]);
    expect(run.losses[0]).toMatchObject({ key: 'traces.jsonl', run_id: 'run' });
  });

  test('bytes that are not UTF-8 are rejected, not mended', async () => {
    const bad = Buffer.concat([Buffer.from('{"id": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const run = await runText(Buffer.concat([Buffer.from(first), bad, Buffer.from(`\n${JSON.stringify(item(3))}`)]));
    expect(examples(run)).toEqual(['1', '3']);
    expect(losses(run)).toEqual([['item', 'invalid_utf8', first.length]]);
  });
});

const INCOMPLETE = { limits: { allow_incomplete: true } };

describe('arrays', () => {
  const indented = (...all: unknown[]) => JSON.stringify(all, null, 2);

  test('a truncated array keeps the items before the cut', async () => {
    const text = indented(item(1), item(2), item(3));
    const run = await runText(text.slice(0, -40), INCOMPLETE);
    expect(examples(run)).toEqual(['1', '2']);
    expect(losses(run)).toEqual([['item', 'truncated', text.indexOf('{\n    "id": 3')]]);
  });

  test('an array cut off between two items says so', async () => {
    const run = await runText(`[${JSON.stringify(item(1))},`, INCOMPLETE);
    expect(examples(run)).toEqual(['1']);
    expect(run.losses).toMatchObject([
      { reason: 'truncated', detail: 'the file ends before the array\'s closing "]"' },
    ]);
  });

  test.each([
    ['a missing closing brace', (text: string) => text.replace('"id": 2,', '"id": 2, "x": {')],
    ['an extra closing brace', (text: string) => text.replace('"id": 2,', '"id": 2}, "x": 1,')],
    ['a missing quote', (text: string) => text.replace('"id": 2,', '"id: 2,')],
    ['an undefined', (text: string) => text.replace('"id": 2,', '"id": 2, "x": undefined,')],
    ['a missing comma', (text: string) => text.replace('"id": 2,', '"id": 2')],
  ])('in an indented array an item with %s is lost alone', async (_, breakIt) => {
    const run = await runText(breakIt(indented(item(1), item(2), item(3), item(4))));
    expect(examples(run)).toEqual(['1', '3', '4']);
    expect(run.losses.every(({ kind }) => kind === 'item')).toBe(true);
  });

  test('elements that are no objects are rejected one by one', async () => {
    const run = await runText(`[1, "two", null, ${JSON.stringify(item(5))}, [6], true]`);
    expect(examples(run)).toEqual(['5']);
    expect(run.losses.map(({ reason }) => reason)).toEqual(Array(5).fill('not_an_object'));
  });

  test('text after the array is not silently dropped', async () => {
    const run = await runText(`[${JSON.stringify(item(1))}] trailing`, INCOMPLETE);
    expect(examples(run)).toEqual(['1']);
    expect(run.losses).toMatchObject([{ reason: 'after_array_end' }]);
  });
});

describe('whole files that are no traces fail the run by name, with the way out', () => {
  const strictLimits = { limits: { max_rejected_fraction: 0.1 } };
  test.each([
    [
      'binary',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]),
      /traces\.json at byte 0: not_traces: it begins with byte 0x89/,
    ],
    [
      'a JSON text',
      Buffer.from('"hello"'),
      /it begins with """, not with "\[" \(a JSON array\) or "\{" \(JSON lines\)/,
    ],
    ['UTF-16', Buffer.from('\uFEFF[]', 'utf16le'), /UTF-16 text; save it as UTF-8/],
  ])('%s', async (_, bytes, message) => {
    await expect(runText(bytes, strictLimits)).rejects.toThrow(
      expect.objectContaining({ name: 'TooManyRejected', message: expect.stringMatching(message) }),
    );
  });

  test('a damaged gzip keeps the items before the damage', async () => {
    // Two members, the second cut off: what came out whole stays.
    const whole = gzipSync(lines(item(1), item(2), ''));
    const run = await runText(Buffer.concat([whole, gzipSync(lines(item(3), '')).subarray(0, 30)]), {
      key: 't.jsonl.gz',
      ...INCOMPLETE,
    });
    expect(examples(run)).toEqual(['1', '2']);
    expect(run.losses).toMatchObject([{ reason: 'broken_gzip' }]);
  });

  test.each([
    ['an empty file', '', /hold no trace item.*traces\.json is empty \(0 bytes\)/],
    ['an empty array', '[]', /hold no trace item/],
  ])('%s has no candidates', async (_, text, message) => {
    await expect(runText(text)).rejects.toThrow(
      expect.objectContaining({ name: 'NoCandidates', message: expect.stringMatching(message) }),
    );
    const run = await runText(text, { builder: { compatibility: 'nat' } });
    expect(run.groups).toEqual([]);
    expect(run.manifest.warnings.join(' ')).toMatch(message);
  });
});

describe('traces without a candidate fail with the likely cause', () => {
  test.each([
    [
      "NAT's default step filter",
      [{ payload: { event_type: 'LLM_END', name: 'm' } }],
      /"LLM_END" only.*workflow_output_step_filter.*\[TTC_END\]/,
    ],
    [
      'another step name',
      [step('A', 1, {}, 'my_move')],
      /named "my_move", not "dpo_candidate_move": set builder\.ttc_step_name/,
    ],
    [
      'no steps at all',
      [],
      /lists of steps are empty: NAT's default filter.*eval\.general\.output\.workflow_output_step_filter: \[TTC_END\]/,
    ],
  ])('%s', async (_, intermediate_steps, message) => {
    await expect(runText(lines({ id: 1, intermediate_steps }))).rejects.toThrow(
      expect.objectContaining({ name: 'NoCandidates', message: expect.stringMatching(message) }),
    );
  });

  test('only refused candidates', async () => {
    await expect(runText(lines(item(1, { intermediate_steps: [step('A', 'high')] })))).rejects.toThrow(
      /All 1 steps named "dpo_candidate_move" were refused \(1 invalid_score\)/,
    );
  });
});

describe('values', () => {
  test('an id of 20 digits keeps its digits', async () => {
    const run = await runText(JSON.stringify([item('ID')]).replace('"ID"', '12345678901234567890'));
    expect(examples(run)).toEqual(['12345678901234567890']);
  });

  test('long integers in metadata keep their digits', async () => {
    const text = JSON.stringify(item(1)).replaceAll('"metadata":null', '"metadata":{"seed":98765432109876543210}');
    expect((await runText(text)).collection).toContain('"chosen_raw_metadata":{"seed":98765432109876543210}');
  });

  test('a __proto__ key is a key like any other', async () => {
    const text = JSON.stringify(item(1)).replaceAll(
      '"metadata":null',
      '"metadata":{"__proto__":{"x":1},"constructor":2}',
    );
    const run = await runText(text);
    expect(run.collection).toContain('"chosen_raw_metadata":{"__proto__":{"x":1},"constructor":2}');
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  test.each([
    ['missing_score', null],
    ['invalid_score', 'high'],
    ['invalid_score', true],
    ['score_not_finite', 'inf'],
  ])('strict rejects a candidate as %s', async (reason, score) => {
    const run = await runText(lines(item(1, { intermediate_steps: [step('A', 1), step('B', 0), step('C', score)] })));
    expect(run.losses).toMatchObject([{ kind: 'candidate', reason, candidate_uuid: 'uuid-C', turn_id: 't' }]);
    expect(run.totals).toMatchObject({ total_candidates: 2, total_pairs: 1, matching_steps: 3 });
  });

  test('a score past what a double holds is not finite', async () => {
    const text = JSON.stringify(item(1, { intermediate_steps: [step('A', 1), step('B', 0), step('C', 77)] }));
    const run = await runText(text.replace('"score":77', '"score":1e999'));
    expect(run.losses).toMatchObject([{ reason: 'score_not_finite' }]);
  });

  test.each([
    [null],
    [''],
    ['  \n'],
    [[]],
    [{}],
    [{ role: 'assistant', content: '' }],
    [{ role: 'assistant', content: ' \n', tool_calls: [], refusal: null }],
    [{ role: 'assistant', content: [] }],
  ])('strict rejects the empty answer %j', async (output) => {
    const run = await runText(lines(item(1, { intermediate_steps: [step('A', 1), step('B', 0), step(output, 2)] })));
    expect(run.losses).toMatchObject([{ reason: 'empty_response' }]);
  });

  test('strict never pairs ties, identical answers, or answers to different prompts', async () => {
    const steps = [step('A', 1), step('B', 1), step('A', 0.5), step('D', 0, { input: 'another prompt' })];
    const run = await runText(lines(item(1, { intermediate_steps: steps })));
    expect(run.totals).toMatchObject({ possible_pairs: 6, total_pairs: 1 });
    expect(run.totals).toMatchObject({ skipped_tie: 1, skipped_identical: 1, skipped_prompt_mismatch: 3 });
  });

  test('strict keeps messages whole, and every rollout of a repeated id is a group of its own', async () => {
    const input = [{ role: 'assistant', content: null, tool_calls: [{ id: 'c' }] }];
    const rollout = item('x', { intermediate_steps: [step('A', 1, { input }), step('B', 0, { input })] });
    const run = await runText(lines(rollout, item('y'), rollout), { limits: { shard_bytes: 1024 } });
    expect(examples(run)).toEqual(['x', 'y', 'x']);
    expect(run.groups.map(({ trajectories }) => trajectories.length)).toEqual([1, 1, 1]);
    expect(run.groups[0]?.trajectories[0]?.episode[0].prompt).toEqual(input);
  });

  test('nat writes a number as Python does', async () => {
    const text = lines(item(1, { intermediate_steps: [step('OUT', 1), step('B', 0)] })).replace(
      '"output":"OUT"',
      '"output":5.0',
    );
    const run = await runText(text, { builder: { compatibility: 'nat' } });
    expect(run.groups[0]?.trajectories[0]?.episode[0].chosen_response).toBe('5.0');
  });
});

test('a prefix takes what is named like traces, in code-unit order, and leaves the rest', async () => {
  const traces = memoryStore('traces');
  for (const key of ['p/b.jsonl', 'p/a.json', 'p/B.json', 'p/notes.md', 'p/run.json', 'q/c.json']) {
    await traces.create(key, Buffer.from(lines(item(key))));
  }
  const run = await runSteps({ source: { traces: { bucket: 'traces', prefix: 'p/' } } }, memoryDeps(traces));
  expect(examples(run)).toEqual(['p/B.json', 'p/a.json', 'p/b.jsonl']);
});

test('a prefix with no traces under it is an error that names it', async () => {
  await expect(runSteps({ source: { traces: { bucket: 'traces', prefix: 'none/' } } }, memoryDeps())).rejects.toThrow(
    expect.objectContaining({ name: 'NoTraces', message: expect.stringContaining('traces/none/') }),
  );
});
