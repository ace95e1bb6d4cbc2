import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NatKeys } from '../../../lib/contract/nat-keys.ts';
import { beginsEvaluatorOutput, passOverNatFiles } from '../../../lib/sources/formats/nat/evaluation-folder.ts';
import { natEval } from '../../../lib/sources/formats/nat-eval.ts';
import { parsePythonJson } from '../../../lib/sources/json/python-json.ts';
import type { PlacedRecord } from '../../../lib/sources/source-format.ts';
import { takeUnit } from '../../../lib/sources/take-unit.ts';

/** Written by `nat eval --reps 3` of NAT 1.9.0, without a step filter; see the README there. */
const written = (name: string) => {
  const text = readFileSync(new URL(`../../golden/nat/evaluations/scored/${name}`, import.meta.url), 'utf8');
  return parsePythonJson(text)?.value;
};
const outputs = written('workflow_output.json') as unknown[];

const placed = (folder = ''): PlacedRecord[] => [
  ...outputs.map((record, offset) => ({ record, place: { key: `${folder}workflow_output.json`, offset } })),
  ...['quality', 'second'].map((evaluator) => ({
    record: written(`${evaluator}_output.json`),
    place: { key: `${folder}${evaluator}_output.json`, offset: 0 },
  })),
];

function assemble(records: readonly PlacedRecord[], keys: object = {}) {
  const readings = [...natEval(NatKeys.parse(keys)).assemble(records)];
  return {
    candidates: readings.flatMap((reading) => ('candidate' in reading ? [reading.candidate] : [])),
    rejected: readings.flatMap((reading) => ('rejected' in reading ? [reading.rejected] : [])),
  };
}

describe('an evaluation of NAT', () => {
  test('is candidates: the repetitions of an example compete, with the scores of all evaluators', () => {
    const { candidates, rejected } = assemble(placed());
    expect(rejected).toEqual([]);
    expect(candidates.map(({ id, group, index, scores }) => [id, group, index, scores.quality, scores.second])).toEqual(
      [
        ['1_rep0', '1', 0, { value: 0.028 }, { loss: { reason: 'evaluator_error', detail: expect.any(String) } }],
        ['2_rep0', '2', 0, { value: 0.302 }, { value: 0.302 }],
        ['1_rep1', '1', 1, { value: 0.328 }, { value: 0.328 }],
        ['2_rep1', '2', 1, { value: 0.406 }, { value: 0.406 }],
        ['1_rep2', '1', 2, { value: 0.458 }, { value: 0.458 }],
        ['2_rep2', '2', 2, { value: 0.052 }, { value: 0.052 }],
      ],
    );
    expect(candidates[1]?.conversation).toEqual({
      kind: 'messages',
      prompt: [{ role: 'user', content: 'Q2 é 漢' }],
      trajectory: [{ role: 'assistant', content: 'answer number 1 to Q2 é 漢' }],
    });
  });

  test('is joined folder by folder, in any order of its records', () => {
    const both = [...placed('jobs/a/'), ...placed('jobs/b/')];
    const { candidates, rejected } = assemble(both.toReversed());
    expect(rejected).toEqual([]);
    expect(candidates).toHaveLength(12);
    for (const { scores } of candidates) expect(Object.keys(scores).sort()).toEqual(['quality', 'second']);
    const apart = assemble([...both.slice(0, 8), ...placed('c/').slice(6)]);
    expect(apart.rejected).toEqual([]);
    const unknown = { average_score: 1, eval_output_items: [{ id: 'nowhere', score: 1 }] };
    const stray = { record: unknown, place: { key: 'jobs/a/third_output.json', offset: 0 } };
    expect(assemble([...both, stray]).rejected).toMatchObject([{ reason: 'score_without_answer' }]);
  });

  test('whose answers are elsewhere, those of a live workflow, is joined by their ids', () => {
    const answers = placed('runs/r/traces/').slice(0, 6);
    const failure = { row: 0, rep: 3, tries: 1, failure: { reason: 'timeout', detail: 'no byte within 5 seconds' } };
    const lost = {
      record: { workflow_run: failure, id: '1_rep3' },
      place: { key: 'runs/r/traces/0.jsonl', offset: 9 },
    };
    const scores = placed('scores/').slice(6);
    const { candidates, rejected } = assemble([...answers, lost, ...scores]);
    expect(candidates.map(({ scores: { quality } }) => quality)).toHaveLength(6);
    expect(candidates.every(({ scores: found }) => found.quality && found.second)).toBe(true);
    expect(rejected).toEqual([{ reason: 'timeout', detail: 'no byte within 5 seconds' }]);
    // Two answers of one id: the scores are for neither.
    const two = assemble([...answers, ...placed('runs/s/').slice(0, 6), ...scores]);
    expect(two.candidates.every(({ scores: found }) => Object.keys(found).length === 0)).toBe(true);
  });

  test('with calls of tools is a trajectory of them, and its answer alone without', () => {
    const call = { input: '{"q": 1}', output: { found: [1] } };
    const steps = [
      { payload: { event_type: 'LLM_END', name: 'm', UUID: 'l', data: { output: 'thinking' } } },
      { payload: { event_type: 'TOOL_END', name: 'search', UUID: 't1', data: call } },
      { payload: { event_type: 'TOOL_END', data: null } },
      'no step',
    ];
    const item = { id: 'x_rep0', question: 'q', generated_answer: 'a', intermediate_steps: steps };
    const { candidates } = assemble([{ record: item, place: { key: 'workflow_output.json', offset: 0 } }]);
    const scored = candidates.map((candidate) => ({ candidate, score: { value: 1 } }));
    const [whole] = takeUnit('trajectory', scored).answers;
    expect(whole?.response).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'search', arguments: '{"q": 1}' } }],
      },
      { role: 'tool', tool_call_id: 't1', content: '{"found":[1]}' },
      { role: 'assistant', content: '', tool_calls: [expect.objectContaining({ id: 'call_2' })] },
      { role: 'tool', tool_call_id: 'call_2', content: '' },
      { role: 'assistant', content: 'a' },
    ]);
    expect(takeUnit('final', scored).answers[0]?.response).toBe('a');
  });

  test.each([
    ['no answer', { generated_answer: '' }, 'no_answer'],
    ['null for one', { generated_answer: null }, 'no_answer'],
  ])('%s is a named loss', (_, more, reason) => {
    const item = { id: 1, question: 'q', intermediate_steps: [], ...more };
    const { candidates } = assemble([{ record: item, place: { key: 'workflow_output.json', offset: 0 } }]);
    expect(candidates[0]?.loss?.reason).toBe(reason);
  });

  test.each([
    ['an error', { score: 1, error: 'it broke' }, 'evaluator_error'],
    [
      "an evaluator's exception, which NAT writes as 0",
      { score: 0, reasoning: { error: 'Evaluator error: x' } },
      'evaluator_error',
    ],
    ['no score', { score: null, error: null }, 'missing_score'],
    ['several numbers', { score: { a: 1 } }, 'invalid_score'],
  ])('%s is no score', (_, judged, reason) => {
    const records = [
      {
        record: { id: 1, question: 'q', generated_answer: 'a', intermediate_steps: [] },
        place: { key: 'workflow_output.json', offset: 0 },
      },
      {
        record: { average_score: 0, eval_output_items: [{ id: 1, ...judged }] },
        place: { key: 'e_output.json', offset: 0 },
      },
    ];
    expect(assemble(records).candidates[0]?.scores.e).toMatchObject({ loss: { reason } });
  });

  test('under renamed keys is read by them', () => {
    const record = { task: 'x_rep1', ask: { a: 1 }, said: 'yes', path: [] };
    const keys = { id_key: 'task', question_key: 'ask', generated_answer_key: 'said', trajectory_key: 'path' };
    expect(natEval(NatKeys.parse(keys)).detect({ records: [record] })).toBe('sure');
    expect(natEval().detect({ records: [record] })).toBe('no');
    const { candidates } = assemble([{ record, place: { key: 'workflow_output.json', offset: 0 } }], keys);
    expect(candidates).toMatchObject([{ group: 'x', index: 1, conversation: { prompt: [{ content: '{"a":1}' }] } }]);
  });
});

describe('what NAT writes beside its traces', () => {
  test('is passed over where a workflow_output.json is beside it, and nowhere else', () => {
    const others = [
      'config_metadata.json',
      'quality_output.json',
      'workflow_output_atif.json',
      'standardized_data_all.csv',
    ];
    const keys = ['a/', 'b/'].flatMap((folder) => others.map((name) => folder + name));
    const { kept, passedOver } = passOverNatFiles([...keys, 'a/workflow_output.json', 'a/mine.json', 'c.jsonl']);
    expect(passedOver).toEqual(others.map((name) => `a/${name}`));
    expect(kept).toEqual([...others.map((name) => `b/${name}`), 'a/workflow_output.json', 'a/mine.json', 'c.jsonl']);
  });

  test.each([
    ['{"average_score": 0.5, "eval_output_items": []}', true],
    ['{\n  "average_score": null,', true],
    ['{"eval_output_items": [', true],
    ['{"id": 1, "average_score": 2}', false],
    ['[{"average_score": 2}]', false],
    ['', false],
  ])('an object that begins %s is an evaluator’s: %s', (head, expected) => {
    expect(beginsEvaluatorOutput(Buffer.from(head))).toBe(expected);
  });
});
