import fc from 'fast-check';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { type Counters, noCounts } from '../../lib/contract/counters.ts';
import { DatasetSettings } from '../../lib/contract/dataset.ts';
import { DatasetResult } from '../../lib/contract/dataset-result.ts';
import type { Group, Prompt, Response, Trajectory } from '../../lib/contract/trajectory.ts';
import { exportDatasets } from '../../lib/datasets/export.ts';
import type { LineSink } from '../../lib/datasets/line-sink.ts';
import { crc32 } from '../../lib/objects/checksum.ts';

export interface PairSpec {
  readonly prompt?: Prompt;
  readonly chosen?: Response;
  readonly rejected?: Response;
  readonly margin?: number;
  readonly turn?: string;
}

/** A group as the builder writes it. `offset` tells groups of one trace object apart. */
export function group(example: string, pairs: readonly PairSpec[], { key = 'traces.json', offset = 0 } = {}): Group {
  return {
    run_id: 'run',
    example_id: example,
    trajectories: pairs.map((pair) => trajectory(example, pair, key, offset)),
  };
}

function trajectory(example_id: string, pair: PairSpec, key: string, offset: number): Trajectory {
  const { prompt = 'p', chosen = 'good', rejected = 'bad', margin = 1, turn = 'turn' } = pair;
  return {
    episode: [{ prompt, chosen_response: chosen, rejected_response: rejected }],
    reward: margin,
    shaped_rewards: null,
    metadata: {
      dpo_type: 'preference_pair',
      score_diff: margin,
      example_id,
      turn_id: turn,
      chosen_score: margin,
      rejected_score: 0,
      chosen_index: 0,
      rejected_index: 1,
      num_candidates: 2,
      lineage: { key, offset, chosen_uuid: null, rejected_uuid: null },
    },
  };
}

export interface Exported {
  readonly result: DatasetResult;
  /** Text by `format/file`. */
  readonly files: ReadonlyMap<string, string>;
  /** The lines of one file, parsed. */
  readonly lines: (file: string) => readonly unknown[];
}

/** Exports into memory. The result has to pass its own schema, and the files are what it says. */
export async function exported(
  groups: readonly Group[],
  dataset: unknown = {},
  {
    compatibility = 'strict',
    totals = noCounts(),
    runId = 'run',
  }: { compatibility?: 'strict' | 'nat'; totals?: Counters; runId?: string } = {},
): Promise<Exported> {
  const files = new Map<string, string>();
  const result = await exportDatasets({
    runId,
    settings: DatasetSettings.parse(dataset),
    builder: BuilderSettings.parse({ compatibility }),
    totals,
    groups: async function* () {
      yield* groups;
    },
    open: (format, file) => memorySink(files, `${format}/${file}`),
  });
  return {
    result: DatasetResult.parse(JSON.parse(JSON.stringify(result))),
    files,
    lines: (file) => parseLines(files.get(file) ?? ''),
  };
}

export const parseLines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));

function memorySink(files: Map<string, string>, key: string): LineSink {
  if (files.has(key)) throw new Error(`${key} was opened twice`);
  files.set(key, '');
  return {
    line(text) {
      files.set(key, `${files.get(key)}${text}\n`);
    },
    async close() {
      const body = new TextEncoder().encode(files.get(key));
      return { bytes: body.length, crc32: crc32(body) };
    },
    async abort() {
      files.delete(key);
    },
  };
}

const toolCall = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

/** Few words, so that duplicates, contradictions and shared prompts are common. */
const text = fc.constantFrom('x', 'y', 'zz', 'User: w');
const message = fc.oneof(
  { weight: 6, arbitrary: fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content: text }) },
  { weight: 1, arbitrary: fc.constant({ content: 'x', role: 'user', name: null }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: 'x', name: 'ann' }) },
  { weight: 1, arbitrary: fc.constant({ role: 'assistant', content: null, tool_calls: [toolCall] }) },
  { weight: 1, arbitrary: fc.constant({ role: 'tool', content: 'x', tool_call_id: 'c1' }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: [{ type: 'text', text: 'x' }] }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: 'x', strange: { b: 1, a: 2 } }) },
);
const prompt: fc.Arbitrary<Prompt> = fc.oneof(text, fc.array(message, { maxLength: 3 }));
const response: fc.Arbitrary<Response> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.record({ role: fc.constant('assistant'), content: text }) },
  { weight: 1, arbitrary: fc.constant({ role: 'assistant', content: null, tool_calls: [toolCall] }) },
);

const pair: fc.Arbitrary<PairSpec> = fc.record({
  prompt,
  chosen: response,
  rejected: response,
  margin: fc.constantFrom(0.25, 0.5, 1),
  turn: fc.constantFrom('t1', 't2'),
});

/** Arbitrary collections, of texts only or of messages too: a dataset has another form for each. */
export const collections: fc.Arbitrary<readonly Group[]> = fc
  .constantFrom(pair, fc.record({ prompt: text, chosen: text, rejected: text }))
  .chain((pairs) =>
    fc.array(
      fc.record({
        example: fc.constantFrom('a', 'a_rep0', 'a_rep1', 'b', 'c', 'd', 'e_rep2'),
        key: fc.constantFrom('one.json', 'two.json'),
        pairs: fc.array(pairs, { minLength: 1, maxLength: 5 }),
      }),
      { maxLength: 8 },
    ),
  )
  // The builder makes a pair of two different responses only.
  .map((specs) =>
    specs.map(({ example, key, pairs }, index) =>
      group(
        example,
        pairs.map((one) => (one.chosen === one.rejected ? { ...one, rejected: 'other' } : one)),
        { key, offset: index },
      ),
    ),
  );
