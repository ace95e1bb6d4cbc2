import { readFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, test } from 'vitest';
import { openrlhf } from '../../../lib/sources/formats/openrlhf.ts';
import { ultrafeedback } from '../../../lib/sources/formats/ultrafeedback.ts';
import { verl } from '../../../lib/sources/formats/verl.ts';
import { parsePythonJson } from '../../../lib/sources/json/python-json.ts';
import { expectSample, golden, groupsOf, readAll, readExpected } from './expected.ts';
import { readLines } from './read-lines.ts';

describe('samples give the pairs of their expected file', () => {
  test('OpenRLHF', () => {
    const records = readLines('scored_lists/openrlhf/rm.jsonl');
    const { named, rejected } = readAll(openrlhf, records, (record) => `R${record + 1}`);
    expect(rejected).toEqual([]);
    expectSample(named, readExpected('scored_lists/openrlhf/rm.jsonl'));
  });

  test('verl, with the outputs of a rollout in several rows', () => {
    const records = readLines('verl/v1/3.jsonl');
    const { named, rejected } = readAll(verl, records, (record) => `3.jsonl:${record + 1}`);
    expect(rejected).toEqual([]);
    expectSample(named, readExpected('verl/v1'));
  });

  test('UltraFeedback', async () => {
    const bytes = readFileSync(golden('scored_lists/ultrafeedback/train.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const rows = await parquetReadObjects({ file, compressors });
    const records = rows.map((record) => ({ record }));
    expect(ultrafeedback.detect({ records: rows })).toBe('sure');
    const { named, rejected } = readAll(ultrafeedback, records, (record, answer) => `${record}.${answer}`);
    expect(rejected).toEqual([]);
    expectSample(named, readExpected('scored_lists/ultrafeedback/train.parquet'));
  });
});

describe('the order of lines does not matter', () => {
  test.each([
    [
      'OpenRLHF',
      openrlhf,
      'scored_lists/openrlhf/rm.jsonl',
      'scored_lists/openrlhf/rm.jsonl',
      (at: number) => `R${at + 1}`,
    ],
    ['verl', verl, 'verl/v1/3.jsonl', 'verl/v1', (at: number) => `3.jsonl:${at + 1}`],
  ] as const)('%s', (_, format, path, expected, nameOf) => {
    const records = readLines(path);
    const { named } = readAll(format, records.toReversed(), (at) => nameOf(records.length - 1 - at));
    expectSample(named, readExpected(expected));
  });
});

describe('OpenRLHF', () => {
  const [row] = readLines('scored_lists/openrlhf/rm.jsonl').map(({ record }) => record);

  test('has rendered prompts, which are the group; stop tokens stay', () => {
    expect(openrlhf.read(row)).toMatchObject({
      candidates: [
        {
          group: undefined,
          tools: undefined,
          conversation: { rendered: true, response: expect.stringContaining('<|eot_id|>') },
        },
      ],
    });
  });

  test('refuses an empty answer by name', () => {
    expect(openrlhf.read({ input: 'Q', output: '', reward: 1 })).toMatchObject({
      candidates: [{ loss: { reason: 'empty_response' } }],
    });
  });

  test('is sure only of rows with exactly its keys', () => {
    expect(openrlhf.detect({ records: [row] })).toBe('sure');
    expect(openrlhf.detect({ records: [{ ...Object(row), id: 1 }] })).toBe('no');
  });
});

describe('verl', () => {
  const row = { input: 'user\nQ\nassistant\n', output: 'A', gts: null, score: 1, step: 1 };
  const reasons = (...records: readonly object[]) =>
    readAll(
      verl,
      records.map((record) => ({ record })),
      (at) => String(at),
    ).named.map(({ candidate }) => candidate.loss?.reason);

  test('groups what has the same prompt in the same step', () => {
    const rows = [row, { ...row, output: 'B' }, { ...row, step: 2 }, { ...row, input: 'user\nR\nassistant\n' }];
    const { named } = readAll(
      verl,
      rows.map((record) => ({ record })),
      (at) => String(at),
    );
    expect(groupsOf(named).map((group) => group.map(({ name }) => name))).toEqual([['0', '1'], ['2'], ['3']]);
    // The key is shown with the example: it has no prompt in it.
    expect(named[0]?.group).toMatch(/^1\|[0-9a-f]{16}$/);
  });

  test('of the outputs of one rollout the last is the answer, in whatever order they come', () => {
    const output = (uid: string) => ({ ...row, uid });
    expect(reasons(output('p_0_10'), output('p_0_9'), output('p_1_0'))).toEqual([
      undefined,
      'not_final_output',
      undefined,
    ]);
    // Ids of prompts may hold underscores; a plain id is no rollout.
    expect(reasons(output('my_p_0_0'), output('my_p_0_1'), output('x'))).toEqual([
      'not_final_output',
      undefined,
      undefined,
    ]);
  });

  test('rollouts of another step are others', () => {
    expect(reasons({ ...row, uid: 'p_0_0' }, { ...row, uid: 'p_0_1', step: 2 })).toEqual([undefined, undefined]);
  });

  test('a score of NaN is a reason', () => {
    const { named } = readAll(
      verl,
      [{ record: parsePythonJson('{"input":"Q","output":"A","score":NaN,"step":1}')?.value }],
      String,
    );
    expect(named[0]?.candidate).toMatchObject({
      loss: undefined,
      scores: { score: { loss: { reason: 'score_not_finite' } } },
    });
  });
});

describe('UltraFeedback', () => {
  const completion = (fields: object = {}) => ({
    response: 'A',
    overall_score: 8,
    'fine-grained_score': 4.5,
    custom_system_prompt: 'You are honest.',
    annotations: { honesty: { Rating: '5', Rationale: 'r' }, helpfulness: { Rating: 'N/A', Rationale: 'r' } },
    ...fields,
  });

  test('has ratings as text, none where nobody rated, and no system prompt', () => {
    expect(ultrafeedback.read({ instruction: 'Q', completions: [completion()] })).toMatchObject({
      candidates: [
        {
          conversation: { prompt: 'Q', response: 'A' },
          scores: {
            honesty: { value: 5 },
            helpfulness: { loss: { reason: 'missing_score' } },
            overall_score: { value: 8 },
          },
        },
      ],
    });
  });

  test('keeps a record apart from another with the same instruction', () => {
    expect(ultrafeedback.scattered).toBe(false);
  });

  test('loses an empty response and no neighbour', () => {
    const reading = ultrafeedback.read({
      instruction: 'Q',
      completions: [completion({ response: ' ' }), null, completion()],
    });
    expect('candidates' in reading && reading.candidates.map(({ loss }) => loss?.reason)).toEqual([
      'empty_response',
      'empty_response',
      undefined,
    ]);
  });
});
