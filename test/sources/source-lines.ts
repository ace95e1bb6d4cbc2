import { readFileSync } from 'node:fs';
import { golden } from './formats/expected.ts';

/** Records of a source as JSON lines, one a record, in an order in which the candidates of a group lie apart. */
export interface SourceLines {
  readonly format: string;
  readonly score?: string;
  readonly lines: readonly string[];
}

const sample = (format: string, ...paths: readonly string[]): SourceLines => ({
  format,
  lines: paths.flatMap((path) =>
    readFileSync(golden(path), 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  ),
});

const made = (format: string, count: number, record: (at: number) => object): SourceLines => ({
  format,
  lines: Array.from({ length: count }, (_, at) => JSON.stringify(record(at))),
});

const ANSWERS = ['six', 'seven', 'there are ñine', 'none 🎲', 'I do not know'];
const answer = (at: number): string => ANSWERS[(at * 7) % 5] ?? '';
const score = (at: number): number => ((at * 5) % 11) / 4;
const question = (at: number): string => `How many pieces of item ${at} are in the storeroom?`;

/** Files that the products wrote. */
export const SAMPLED_LINES: readonly SourceLines[] = [
  sample('verifiers', 'verifiers/v0-odd/results.jsonl'),
  sample('verifiers', 'verifiers/v1-odd/traces.jsonl'),
  sample('nemo_gym', 'nemo_gym/odd/rollouts.jsonl'),
  sample('openrlhf', 'scored_lists/openrlhf/rm.jsonl'),
  sample('verl', 'verl/v1/3.jsonl'),
  { ...sample('otel', 'otel/span/traces.jsonl', 'otel/span/logs.jsonl'), score: 'right' },
  { ...sample('mlflow', 'mlflow/traces.jsonl'), score: 'right' },
];

/** The generic formats, as people write them. */
export const MADE_LINES: readonly SourceLines[] = [
  made('rollouts', 60, (at) => ({
    task_id: at % 7,
    prompt: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: question(at % 7) },
    ],
    completion: [
      { role: 'assistant', content: '', tool_calls: [call(`c${at}`, at % 2)] },
      { role: 'tool', tool_call_id: `c${at}`, content: `${at % 2}` },
      { role: 'assistant', content: answer(at) },
    ],
    reward: score(at),
    tools: [{ type: 'function', function: { name: 'stock', parameters: { type: 'object' } } }],
  })),
  made('rollouts', 60, (at) => ({ prompt: question(at % 9), response: answer(at), score: score(at) })),
  made('candidates', 60, (at) => ({
    example_id: `e${at % 8}`,
    turn_id: `${at % 2}`,
    prompt: question(at % 8),
    response: answer(at),
    score: score(at),
  })),
  made('scored_lists', 12, (at) => ({
    prompt: question(at),
    responses: ANSWERS,
    rewards: ANSWERS.map((_, of) => score(at + of)),
  })),
  made('comparisons', 30, (at) => ({
    prompt: question(at),
    response_a: answer(at),
    response_b: answer(at + 1),
    winner: ['a', 'b', 'tie'][at % 3],
  })),
  made('pairs', 30, (at) => ({
    prompt: question(at),
    chosen: [{ role: 'assistant', content: answer(at) }],
    rejected: [{ role: 'assistant', content: answer(at + 2) }],
  })),
  made('rlhflow', 12, (at) => ({
    prompt: `<|im_start|>user\n${question(at)}<|im_end|>\n<|im_start|>assistant\n`,
    responses: ANSWERS,
    rewards: ANSWERS.map((_, of) => score(at + of)),
  })),
];

function call(id: string, item: number): object {
  return { id, type: 'function', function: { name: 'stock', arguments: JSON.stringify({ item }) } };
}
