import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Group } from '../../lib/contract/trajectory.ts';
import { ROOT } from './pages.ts';

/** What docs/sources.md names, and the sample that is placed there. */
const SAMPLES: Readonly<Record<string, string>> = {
  'best-of-n.parquet': 'tables/scored-lists.parquet',
  'preferences.parquet': 'tables/pairs.parquet',
  'logs/storeroom.eval': 'sources/inspect/zstd.eval',
  'outputs/evals/storeroom--model/1': 'sources/verifiers/v0-complete',
  rollouts: 'sources/nemo_gym/run',
  'jobs/store': 'sources/harbor/store-job-agents',
  'rm.jsonl': 'sources/scored_lists/openrlhf/rm.jsonl',
  'ultrafeedback.parquet': 'sources/scored_lists/ultrafeedback/train.parquet',
  'rollout_data/3.jsonl': 'sources/verl/v1/3.jsonl',
  langfuse: 'sources/langfuse/jsonl',
  otel: 'sources/otel/span',
  'mlflow.jsonl': 'sources/mlflow/traces.jsonl',
};

/** Puts samples of all sources into the folder, under the names that the docs give them. */
export function placeSources(folder: string): void {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    cpSync(join(ROOT, 'test/golden', sample), join(folder, name), { recursive: true });
  }
  place(folder, 'annotated.json', JSON.stringify({ type: 'text_only', instances: RLHFLOW }));
  place(folder, 'earlier/runs/first/collection.jsonl', toLines([GROUP]));
  place(folder, 'phoenix/spans.jsonl', toLines(ANSWERS.map(toSpan)));
  place(folder, 'phoenix/annotations.jsonl', toLines(ANSWERS.map(toAnnotation)));
}

function place(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const toLines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const RLHFLOW = [
  {
    prompt: '<|user|>\nName a prime above 10.</s>\n<|assistant|>\n',
    responses: ['11', '12', '15'],
    rewards: [2.5, -1, -0.5],
  },
];

const GROUP: Group = {
  run_id: 'first',
  example_id: 'sum',
  trajectories: [
    {
      episode: [{ prompt: 'What is 2 + 2?', chosen_response: '4', rejected_response: '5' }],
      reward: 1,
      shaped_rewards: null,
      metadata: {
        dpo_type: 'preference_pair',
        ...{ score_diff: 1, example_id: 'sum', turn_id: '0', chosen_score: 1, rejected_score: 0 },
        ...{ chosen_index: 0, rejected_index: 1, chosen_raw_metadata: {}, rejected_raw_metadata: {} },
        lineage: { key: 'sums.jsonl', offset: 0, chosen_uuid: null, rejected_uuid: null },
      },
    },
  ],
};

/** The answers of two traces to each of two questions, and what an annotator gave them. */
const ANSWERS = [
  { asked: 'What is 2 + 2?', answered: '4', score: 1 },
  { asked: 'What is 2 + 2?', answered: '5', score: 0 },
  { asked: 'Name a colour.', answered: 'Blue.', score: 1 },
  { asked: 'Name a colour.', answered: 'Seven.', score: 0 },
];

type Answer = (typeof ANSWERS)[number];

const idOf = (number: number, digits: number): string => (number + 1).toString(16).padStart(digits, '0');

const toSpan = ({ asked, answered }: Answer, number: number) => ({
  name: 'ChatCompletion',
  span_kind: 'LLM',
  status_code: 'OK',
  start_time: `2026-11-26T10:00:0${number}+00:00`,
  context: { trace_id: idOf(number, 32), span_id: idOf(number, 16) },
  attributes: {
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': asked,
    'llm.output_messages.0.message.role': 'assistant',
    'llm.output_messages.0.message.content': answered,
  },
});

const toAnnotation = ({ score }: Answer, number: number) => ({
  span_id: idOf(number, 16),
  name: 'quality',
  annotator_kind: 'HUMAN',
  result: { label: null, score, explanation: null },
  updated_at: '2026-11-26T11:00:00+00:00',
});
