import { describe, expect, test } from 'vitest';
import { explainUnknown, findFormats } from '../../lib/sources/detect-format.ts';
import { FieldMap } from '../../lib/sources/field-map.ts';
import { fieldMapFormat } from '../../lib/sources/field-map-format.ts';
import { FIELD_FORMATS, SOURCE_FORMATS } from '../../lib/sources/formats/index.ts';
import { proposeFieldMap } from '../../lib/sources/propose-field-map.ts';
import { readDocument, readLines } from './formats/read-lines.ts';

const namesOf = (records: readonly unknown[]) =>
  findFormats(() => ({ records }), SOURCE_FORMATS).map(({ name }) => name);
const lines = (path: string) => readLines(path).map(({ record }) => record);

test('no two formats have one name', () => {
  expect(new Set(SOURCE_FORMATS.map(({ name }) => name)).size).toBe(SOURCE_FORMATS.length);
});

describe('one format is sure of each sample, whichever of its objects is shown', () => {
  test.each([
    ['openrlhf', lines('scored_lists/openrlhf/rm.jsonl')],
    ['verl', lines('verl/v1/3.jsonl')],
    ['otel', lines('otel/span/traces.jsonl')],
    ['otel', lines('otel/span/logs.jsonl')],
    ['langfuse', lines('langfuse/jsonl/proj-1/scores/2026-11-26T10-20-00Z.jsonl.gz')],
    ['langfuse', lines('langfuse/jsonl/proj-1/observations_v2/2026-11-26T10-20-00Z.jsonl.gz')],
    ['langfuse', [readDocument('langfuse/jsonl/proj-1/manifests/2026-11-26T10-20-00Z.json').record]],
    ['verifiers', lines('verifiers/v0-complete/results.jsonl')],
    ['verifiers', lines('verifiers/v1/traces.jsonl')],
    ['nemo_gym', lines('nemo_gym/run/rollouts.jsonl')],
  ])('%s', (name, records) => {
    expect(namesOf(records)).toEqual([name]);
  });
});

describe('formats of customary keys are asked where none of a product’s own is sure', () => {
  test.each([
    ['rollouts', { prompt: 'Q', completion: 'A', reward: 1, seed: 4 }],
    ['scored_lists', { prompt: 'Q', responses: ['A', 'B'], rewards: [1, 0] }],
    ['comparisons', { prompt: 'Q', answer_1: 'A', answer_2: 'B', winner: 1 }],
    ['pairs', { prompt: 'Q', chosen: 'A', rejected: 'B', messages: [] }],
    ['openrlhf', { input: 'Q', output: 'A', reward: 1 }],
    ['rlhflow', { prompt: '<|im_start|>user\nQ', responses: ['A', 'B'], rewards: [1, 0] }],
  ])('%s', (name, record) => {
    expect(namesOf([record])).toEqual([name]);
  });

  test.each([[[]], [['text']], [[null]], [[{}]], [[{ prompt: 'Q' }]]])('nothing is sure of %j', (records) => {
    expect(namesOf(records)).toEqual([]);
  });
});

describe('where no format fits', () => {
  test('the error has the keys and a map to paste', () => {
    const records = [{ taskId: 1, data: { question_text: 'Q', reply: 'A' }, grade: 0.5 }];
    expect(explainUnknown(records)).toMatch(
      /Their keys are taskId, data, grade\. Name their fields, as in source\.format: \{/,
    );
    expect(proposeFieldMap(records)).toEqual({
      map: { prompt: '/data/question_text', response: '/data/reply', score: '/grade', group: '/taskId' },
      missing: [],
      notes: [],
    });
  });

  test.each([
    [
      { rollouts: [{ task_id: 1, prompt: 'Q', response: 'A', reward: 1 }] },
      { response: '/response', score: '/reward', group: '/task_id' },
    ],
    [
      { data: [{ prompt: 'Q', responses: ['A', 'B'], rewards: [1, 0] }] },
      { response: '/responses', score: '/rewards', group: '/prompt' },
    ],
  ])('records in a list of one document have their own prompts and groups', (document, map) => {
    const [list] = Object.keys(document);
    expect(proposeFieldMap([document])).toEqual({
      map: { candidates: `/${list}`, prompt: '/prompt', ...map },
      missing: [],
      notes: [],
    });
  });

  test('what no key looks like is said', () => {
    expect(explainUnknown([{ a: 1, b: 'x' }])).toMatch(/prompt and response and score must be among them/);
    expect(explainUnknown(['text'])).toMatch(/none of them is an object/);
  });

  test('keys that group the records differently are told', () => {
    const row = (task_id: string, example_id: number) => ({
      task_id,
      example_id,
      prompt: 'Q',
      completion: 'A',
      reward: 1,
    });
    expect(explainUnknown([row('math', 1), row('math', 2)])).toMatch(
      /example_id and task_id group the first records differently/,
    );
  });
});

describe('a proposed map reads the records it was proposed from', () => {
  const ask = { role: 'user', content: 'Q' };
  const say = { role: 'assistant', content: 'A' };
  test.each([
    ['nested objects', { sample: { user_prompt: 'Q', model_response: 'A' }, eval: { quality: 3 } }],
    ['a list of attempts', { problem: 'Q', attempts: [{ text: 'A', grade: 1, sampleId: 'x' }] }],
    ['a list of attempts with messages', { attempts: [{ turns: [ask, say], total_reward: 1 }] }],
    ['messages of any name', { dialogue: [ask, say], rating: '4' }],
    ['chosen and rejected within', { task: 'Q', chosen: 'A', rejected: 'B' }],
    ['two answers', { query: 'Q', completion_a: 'A', completion_b: 'B', verdict: 'a' }],
    ['lists', { task: 'Q', outputs: ['A', 'B'], scores: [1, 0] }],
    ['camel case', { userPrompt: 'Q', modelOutput: 'A', finalScore: 1, isTruncated: true }],
  ])('%s', (_, record) => {
    const { map, missing } = proposeFieldMap([record]);
    expect(missing).toEqual([]);
    const reading = fieldMapFormat(FieldMap.parse(map), { fields: FIELD_FORMATS, others: SOURCE_FORMATS }).read(record);
    if ('rejected' in reading) throw new Error(JSON.stringify([map, reading.rejected]));
    expect(reading.candidates.map(({ loss }) => loss)).toEqual(reading.candidates.map(() => undefined));
    expect(reading.candidates.flatMap(({ scores }) => Object.values(scores))).not.toEqual([]);
    for (const { scores } of reading.candidates) expect(Object.values(scores)).toEqual([{ value: expect.any(Number) }]);
  });
});
