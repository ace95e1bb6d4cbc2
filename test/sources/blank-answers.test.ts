import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/*
 * An answer in which nothing shows is none, in every format: white space, and characters without width.
 */

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const completion = (response: string, overall_score: number) => ({ response, overall_score, annotations: {} });

const FORMATS: Readonly<Record<string, (blank: string) => Readonly<Record<string, string>>>> = {
  rollouts: (blank) => ({
    'a.jsonl': lines(['A', 'B', blank].map((response, reward) => ({ task_id: 't', prompt: 'Q', response, reward }))),
  }),
  ultrafeedback: (blank) => ({
    'a.jsonl': lines([
      { instruction: 'Q', completions: [completion('A', 1), completion('B', 2), completion(blank, 3)] },
    ]),
  }),
  scored_lists: (blank) => ({
    'a.jsonl': lines([{ prompt: 'Q', responses: ['A', 'B', blank], rewards: [1, 2, 3] }]),
  }),
  candidates: (blank) => ({
    'a.jsonl': lines(
      ['A', 'B', blank].map((response, at) => ({
        ...{ example_id: 'e', turn_id: 't', candidate_index: at, score: at, prompt: 'Q', response },
      })),
    ),
  }),
  nat_eval: (blank) => ({
    'workflow_output.json': JSON.stringify(
      ['A', 'B', blank].map((generated_answer, at) => ({
        ...{ id: `e_rep${at}`, question: 'Q', generated_answer, intermediate_steps: [] },
      })),
    ),
    'score_output.json': JSON.stringify({
      average_score: 0,
      eval_output_items: [0, 1, 2].map((at) => ({ id: `e_rep${at}`, score: at, reasoning: {} })),
    }),
  }),
};

test.each(
  Object.keys(FORMATS).flatMap((format) =>
    [' \n', '\u200b', '\u200d\u2060\ufeff', '\u3164'].map((blank) => [format, blank] as const),
  ),
)('%s: the answer %j is left out, and its neighbours are paired', async (format, blank) => {
  const traces = memoryStore('traces');
  for (const [key, text] of Object.entries(FORMATS[format]?.(blank) ?? {})) await traces.create(key, Buffer.from(text));
  const source = { traces: { bucket: 'traces', prefix: '' }, format };
  const { totals } = await runSteps({ source }, memoryDeps(traces));
  expect(totals).toMatchObject({ total_pairs: 1, total_candidates: 2 });
  expect(Object.keys(totals.rejected_candidates)).toEqual([expect.stringMatching(/^(?:empty_response|no_answer)$/)]);
});
