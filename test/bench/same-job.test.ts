import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { jobQueries } from '../../bench/duckdb/job-queries.ts';
import { Prompts, STEP_NAME, writeFixture } from '../../bench/fixtures.ts';
import { seeded } from '../../bench/random.ts';
import { dpo } from '../cli/dpo-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'dpo-same-job-'));
afterAll(() => rmSync(folder, { recursive: true }));

const Line = z.object({
  trajectories: z.array(
    z.object({
      episode: z.tuple([z.object({ prompt: z.unknown(), chosen_response: z.string(), rejected_response: z.string() })]),
    }),
  ),
});
const Row = z.object({ prompt: z.string(), chosen_response: z.string(), rejected_response: z.string() });

const linesOf = (file: string): unknown[] => {
  const text = readFileSync(file, 'utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line): unknown => JSON.parse(line));
};
const pairsOf = (collection: string): string[] =>
  linesOf(collection)
    .flatMap((line) => Line.parse(line).trajectories)
    .map(({ episode: [pair] }) => JSON.stringify([pair.prompt, pair.chosen_response, pair.rejected_response]));
const rowsOf = (file: string) => linesOf(file).map((line) => Row.parse(line));
const keyOf = (row: z.infer<typeof Row>): string => JSON.stringify(row);

async function runBoth(name: string, file: string) {
  const out = join(folder, `${name}-duckdb`);
  mkdirSync(out);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const query of jobQueries(file, out)) await connection.run(query);
  // All that is kept is in the training file.
  const ours = join(folder, `${name}-dpo`);
  const ended = await dpo(['run', file, '--out', ours, '--run-id', 'r', '--set', 'dataset.validation_fraction=0']);
  expect(ended.code, ended.stderr).toBe(0);
  const run = join(ours, 'runs/r');
  return { out, run, kept: join(run, 'datasets/nemo_customizer/training/training_file.jsonl') };
}

describe('DuckDB does the job that dpo run does', () => {
  /** Few prompts and answers, so that examples share them: duplicates, contradictions, ties, leaks. */
  function traceItems(count: number): object[] {
    const random = seeded(7);
    const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? never();
    const prompts = Array.from({ length: 25 }, (_, n) => `Question ${n}?`);
    const prompt = (): unknown =>
      random() < 0.5
        ? one(prompts)
        : [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: one(prompts) },
          ];
    return Array.from({ length: count }, (_, id) => ({
      id: `example-${id}`,
      intermediate_steps: ['t0', 't1'].flatMap((turn_id) => {
        const input = prompt();
        return [0, 1, 2].map((candidate_index) => {
          const output = one(['yes', 'no', 'perhaps', '"so"\n', '']);
          const data = { turn_id, candidate_index, score: one([0.1, 0.5, 0.9]), input, output };
          return {
            payload: { event_type: 'TTC_END', name: STEP_NAME, UUID: `${id}-${turn_id}-${candidate_index}`, data },
          };
        });
      }),
    }));
  }

  const both = { duckdb: '', run: '', kept: '' };
  beforeAll(async () => {
    const file = join(folder, 'traces.jsonl');
    writeFileSync(
      file,
      traceItems(200)
        .map((item) => `${JSON.stringify(item)}\n`)
        .join(''),
    );
    const { out, run, kept } = await runBoth('crafted', file);
    Object.assign(both, { duckdb: out, run, kept });
  });

  test('with the same pairs in the collection', () => {
    const ours = pairsOf(join(both.run, 'collection.jsonl'));
    expect(ours.length).toBeGreaterThan(300);
    expect(pairsOf(join(both.duckdb, 'collection.jsonl')).sort()).toEqual(ours.sort());
  });

  test('with the same pairs in its dataset, but those whose prompt it has on both sides', () => {
    const [training, validation] = ['training', 'validation'].map((side) => rowsOf(join(both.duckdb, `${side}.jsonl`)));
    const inTraining = new Set(training?.map(({ prompt }) => prompt));
    expect(validation?.filter(({ prompt }) => inTraining.has(prompt))).toEqual([]);
    const written = new Set([...(training ?? []), ...(validation ?? [])].map(keyOf));
    const kept = rowsOf(both.kept);
    const missing = kept.filter((row) => !written.has(keyOf(row)));
    expect(missing.filter(({ prompt }) => !inTraining.has(prompt))).toEqual([]);
    expect(missing.length + written.size).toBe(kept.length);
    // There was something to take out.
    expect(kept.length).toBeLessThan(0.8 * pairsOf(join(both.run, 'collection.jsonl')).length);
  });
});

test.each(Prompts.options)('of the traces with %s prompts both make every pair', async (prompts) => {
  const file = join(folder, `${prompts}.jsonl`);
  const { items } = writeFixture({ bytes: 1e6, form: 'jsonl', prompts, seed: 3, path: file });
  const { out, run, kept } = await runBoth(prompts, file);
  const ours = pairsOf(join(run, 'collection.jsonl'));
  expect(ours).toHaveLength(12 * items);
  expect(pairsOf(join(out, 'collection.jsonl')).sort()).toEqual(ours.sort());
  expect(ours.filter((pair) => pair.includes('"tool_calls"'))).toHaveLength(prompts === 'chat_tools' ? 12 * items : 0);
  const written = ['training', 'validation'].flatMap((side) => rowsOf(join(out, `${side}.jsonl`)));
  expect(written.map(keyOf).sort()).toEqual(rowsOf(kept).map(keyOf).sort());
});

test('traces are the same bytes for the same settings', () => {
  const written = ['a', 'b'].map((name) => {
    const path = join(folder, name);
    writeFixture({ bytes: 200_000, form: 'indent2', prompts: 'chat_tools', seed: 1, path });
    return readFileSync(path, 'utf8');
  });
  expect(written[0]).toBe(written[1]);
  expect(() => JSON.parse(written[0] ?? '')).not.toThrow();
});

function never(): never {
  throw new Error('the list is not empty');
}
