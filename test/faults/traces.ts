import { gzipSync } from 'node:zlib';
import { FormatName } from '../../lib/contract/dataset.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';

/** Traces in each form, cut into several shards, with ids that repeat across shards, losses, and a broken line. */
export async function putTraces(store: ObjectStore, answer?: string): Promise<void> {
  for (const [key, bytes] of traceObjects(answer)) await store.create(key, bytes);
}

/** Key and bytes of each; `answer` is what the candidates say. */
export function traceObjects(answer = 'answer'): readonly (readonly [key: string, bytes: Buffer])[] {
  const items = (from: number, count: number) => Array.from({ length: count }, (_, at) => item(from + at, answer));
  const lines = [...items(5, 3), '{"id": 99, broken', ...items(6, 3)];
  return [
    ['t/a.json', Buffer.from(JSON.stringify(items(0, 5), null, 2))],
    ['t/b.jsonl', Buffer.from(lines.map(line).join(''))],
    ['t/c.jsonl.gz', gzipSync(items(20, 3).map(line).join(''))],
  ];
}

export interface RunShape {
  readonly compatibility: string;
  readonly formats: readonly string[];
  readonly shardBytes: number;
  /** Settings of the dataset besides. */
  readonly dataset?: object;
  /** What the candidates say. */
  readonly answer?: string;
  /** The key of the first side effect that is struck; by default all are. */
  readonly struckFrom?: string;
}

/** Every format, and as many shards as there can be. */
export const full = (compatibility: string): RunShape => ({
  compatibility,
  formats: FormatName.options,
  shardBytes: 2048,
});

/** For HTTP, where each request costs: one format, half the shards. */
export const brief: RunShape = { compatibility: 'strict', formats: ['trl'], shardBytes: 4096 };

/** Both views, lines, completions, a file of the format's own, a card, and a curriculum: a shard has its part of many files. */
export const inManyFiles: RunShape = {
  ...full('strict'),
  formats: ['nemo_customizer', 'trl_kto', 'llama_factory'],
  dataset: { curriculum: { buckets: 3 } },
};

/** Pairs are chosen for a gate alone: no file is written of them. */
export const gated: RunShape = { ...full('strict'), formats: [], dataset: { gate: { min_pairs: 1 } } };

/**
 * For HTTP, with answers so long that a shard's part of a dataset is uploaded in parts itself. Up to its choice it is as
 * `brief` is.
 */
export const withLongAnswers: RunShape = {
  ...brief,
  formats: ['nemo_customizer', 'trl_kto'],
  shardBytes: 25_000,
  answer: 'answer '.repeat(300),
  struckFrom: runKeys('run').choice.decisions(0),
};

export const requestOf = ({ compatibility, formats, shardBytes, dataset }: RunShape) => ({
  run_id: 'run',
  source: { traces: { bucket: 'traces', prefix: 't/' } },
  builder: { compatibility },
  dataset: { formats, validation_fraction: 0.3, ...dataset },
  limits: { shard_bytes: shardBytes, max_rejected_fraction: 1 },
});

const line = (value: unknown): string => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`;

const item = (number: number, answer: string) => ({
  id: number,
  question: `question ${number}`,
  intermediate_steps: [
    candidate(number, 0, 0.9, `the best ${answer} to ${number}`),
    candidate(number, 1, 0.4, `another ${answer} to ${number}`),
    candidate(number, 2, number % 3 === 0 ? 0.4 : null, number % 2 === 0 ? '' : 'a third one'),
  ],
});

const candidate = (number: number, index: number, score: number | null, output: string) => ({
  payload: {
    event_type: 'TTC_END',
    name: 'dpo_candidate_move',
    UUID: `uuid-${number}-${index}`,
    metadata: { index },
    data: {
      turn_id: `turn ${number}`,
      candidate_index: index,
      score,
      input: [{ role: 'user', content: `prompt ${number}` }],
      output,
    },
  },
});
