import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findFormats } from '../../../lib/sources/detect-format.ts';
import { comparisons } from '../../../lib/sources/formats/comparisons.ts';
import { harbor } from '../../../lib/sources/formats/harbor/harbor.ts';
import { SOURCE_FORMATS } from '../../../lib/sources/formats/index.ts';
import { inspect } from '../../../lib/sources/formats/inspect/inspect.ts';
import { langfuse } from '../../../lib/sources/formats/langfuse.ts';
import { mlflow } from '../../../lib/sources/formats/mlflow.ts';
import { nemoGym } from '../../../lib/sources/formats/nemo-gym.ts';
import { openrlhf } from '../../../lib/sources/formats/openrlhf.ts';
import { otel } from '../../../lib/sources/formats/otel.ts';
import { pairs } from '../../../lib/sources/formats/pairs.ts';
import { phoenix } from '../../../lib/sources/formats/phoenix.ts';
import { rlhflow } from '../../../lib/sources/formats/rlhflow.ts';
import { rollouts } from '../../../lib/sources/formats/rollouts.ts';
import { scoredLists } from '../../../lib/sources/formats/scored-lists.ts';
import { ultrafeedback } from '../../../lib/sources/formats/ultrafeedback.ts';
import { verifiers } from '../../../lib/sources/formats/verifiers/verifiers.ts';
import { verl } from '../../../lib/sources/formats/verl.ts';
import { parseExactly } from '../../../lib/sources/json/exact-json.ts';
import { pickScore } from '../../../lib/sources/pick-score.ts';
import type { SourceFormat } from '../../../lib/sources/source-format.ts';
import { takeUnit } from '../../../lib/sources/take-unit.ts';
import { golden, readAll } from './expected.ts';
import { folderEntries, joinRecords, parse, readLines, zipEntries } from './read-entries.ts';

const samples: readonly [SourceFormat, () => readonly unknown[]][] = [
  [inspect, () => joinRecords(inspect, zipEntries(golden('inspect/odd-chunked.eval')))],
  [inspect, () => [parse(readFileSync(golden('inspect/react.json'), 'utf8'))]],
  [verifiers, () => readLines(golden('verifiers/v0-odd/results.jsonl'))],
  [verifiers, () => readLines(golden('verifiers/v1-odd/traces.jsonl'))],
  [nemoGym, () => readLines(golden('nemo_gym/odd/rollouts.jsonl'))],
  [harbor, () => joinRecords(harbor, folderEntries(golden('harbor/odd-job')))],
  [openrlhf, () => readLines(golden('scored_lists/openrlhf/rm.jsonl'))],
  [verl, () => readLines(golden('verl/v1/3.jsonl'))],
  [otel, () => [...readLines(golden('otel/span/traces.jsonl')), ...readLines(golden('otel/span/logs.jsonl'))]],
  [mlflow, () => readLines(golden('mlflow/traces.jsonl'))],
  [langfuse, () => langfuseRecords()],
  [
    ultrafeedback,
    () => [{ instruction: 'Q', completions: [{ response: 'A', annotations: { honesty: { Rating: '5' } } }] }],
  ],
  [
    phoenix,
    () => [
      {
        context: { trace_id: 't', span_id: 's' },
        span_kind: 'LLM',
        attributes: { 'llm.input_messages.0.message.role': 'user' },
      },
      { span_id: 's', name: 'right', result: { score: 1 } },
    ],
  ],
  [rlhflow, () => [{ prompt: '<|im_start|>user', responses: ['A', 'B'], rewards: [1, 0] }]],
  [
    rollouts,
    () => [
      {
        task_id: 1,
        prompt: [{ role: 'user', content: 'Q' }],
        completion: [{ role: 'assistant', content: 'A' }],
        reward: 1,
        tools: [],
        error: null,
        metadata: {},
      },
    ],
  ],
  [scoredLists, () => [{ prompt: 'Q', completions: ['A', 'B'], scores: [1, 0] }]],
  [comparisons, () => [{ prompt: 'Q', response_a: 'A', response_b: 'B', winner: 'a', strength: 2 }]],
  [
    pairs,
    () => [
      {
        chosen: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'A' },
        ],
        rejected: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'B' },
        ],
        margin: 1,
      },
    ],
  ],
];

const langfuseRecords = (): readonly unknown[] =>
  ['observations_v2', 'scores'].flatMap((table) => {
    const lines = gunzipSync(
      readFileSync(golden(`langfuse/jsonl/proj-1/${table}/2026-11-26T10-20-00Z.jsonl.gz`)),
    ).toString();
    return lines.split('\n').flatMap((line) => (line === '' ? [] : [parse(line)]));
  });

/** What a record may hold where the format expects something else, a number with its digits kept too. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    '',
    [null],
    [[]],
    { type: {} },
    parseExactly('12345678901234567890'),
    parseExactly('1.0'),
  ),
);

test.each(samples)('$name reads a record with one value exchanged, and never throws', (format, records) => {
  const all = records();
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), anything, (pick, path, value) => {
      const at = pick % all.length;
      readWhole(format, [...all.slice(0, at), exchange(all[at], path, value), ...all.slice(at + 1)].slice(0, at + 2));
    }),
    { numRuns: 500 },
  );
});

test.each(SOURCE_FORMATS)('$name refuses any JSON that is not its own', (format) => {
  fc.assert(
    fc.property(anything, (record) => {
      expect(format.detect({ records: [record] })).toBe('no');
      readWhole(format, [record]);
    }),
  );
  expect(format.detect({ records: [] })).toBe('no');
});

test('no format takes the records of another', () => {
  for (const [own, records] of samples) {
    expect([own.name, findFormats(() => ({ records: records() }), SOURCE_FORMATS)]).toEqual([own.name, [own]]);
  }
});

function readWhole(format: SourceFormat, records: readonly unknown[]): void {
  const { named } = readAll(
    format,
    records.map((record) => ({ record })),
    String,
  );
  const turn = named
    .map(({ candidate }) => candidate)
    .map((candidate) => ({ candidate, score: pickScore(candidate, 'reward') }));
  for (const unit of ['turn', 'final', 'divergence', 'trajectory'] as const) {
    takeUnit(unit, turn);
  }
}

/** The value with another in the place that the path leads to, each step the number of a key, counted round. */
function exchange(value: unknown, [step = 0, ...path]: readonly number[], other: unknown): unknown {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return other;
  const keys = Object.keys(value);
  const key = keys[step % keys.length];
  if (key === undefined) return other;
  const inner: unknown = Reflect.get(value, key);
  const changed = path.length === 0 ? other : exchange(inner, path, other);
  return Array.isArray(value)
    ? value.map((entry, at) => (String(at) === key ? changed : entry))
    : { ...value, [key]: changed };
}
