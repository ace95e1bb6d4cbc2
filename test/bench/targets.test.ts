import { expect, test } from 'vitest';
import { onSixteenCores, targetsTable, twiceAsFast } from '../../bench/pages/targets.ts';
import { Results } from '../../bench/results.ts';

const measured = { commit: 'none', node: 'v24', cpu: 'none', cores: 2, memory_gib: 8, runs: 5 };
const figure = (seconds: number, peak_mib = 100) => ({ seconds, cpu_seconds: 2 * seconds, peak_mib });

/** Of no machine. */
const input = (form: string, dpo: number) => ({
  ...{ form, prompts: 'text', megabytes: 200 },
  programs: {
    duckdb_job: figure(3, 1000),
    duckdb_pairs: figure(1.5),
    dpo: figure(dpo, 300),
    dpo_without_formats: figure(1),
  },
});
const results = (more: object = {}): Results =>
  Results.parse({
    comparison: { measured, cores: 2, inputs: [input('jsonl', 1.2), input('indent2', 2.5), input('compact', 2)] },
    ...more,
  });
const rowOf = (what: string, of: Results): string | undefined =>
  targetsTable(of)
    .split('\n')
    .find((line) => line.startsWith(`| ${what}`));

test('an aim is held against the worst of its inputs', () => {
  expect(rowOf("faster than DuckDB's whole job, 2 cores", results())).toMatch(
    /1\.2 × \| indent2, text \| \*\*no\*\* \|$/,
  );
  expect(rowOf('the same, of compact arrays', results())).toMatch(/1\.5 × \| compact, text \| yes \|$/);
  expect(rowOf("peak memory of DuckDB's whole job", results())).toMatch(/0\.3 × .* yes \|$/);
  expect(rowOf('time of the same run with `formats: []`', results())).toMatch(/2\.5 × .* \*\*no\*\* \|$/);
});

test('what was not measured is neither met nor missed', () => {
  expect(rowOf('the shipped sample', results())).toMatch(/not measured \| {2}\| {2}\|$/);
});

test('twice as fast is of the input that is furthest from it', () => {
  expect(twiceAsFast(results())).toContain(
    'a run over 200 MB (indent2, text) would have to take 1.5 s instead of 2.5 s.',
  );
});

test('without a machine of sixteen cores, the CPU time and the share of the workers say what they would take', () => {
  const rows = [{ cores: 1, programs: { duckdb_job: figure(9), dpo: figure(5), dpo_without_formats: figure(4) } }];
  const cores = [{ measured, megabytes: 1000, rows }];
  const profile = { measured, megabytes: 200, main_ms: 500, workers_ms: 500, alone_ms: 200, functions: [] };
  // 10 s of CPU time: 2 of them by one thread, 8 by sixteen.
  expect(onSixteenCores(results({ cores, profile }))).toMatch(
    /80 % can be shared, so 16 cores would take at least 2\.5 s\.$/,
  );
  const sixteen = [
    { measured: { ...measured, cores: 16 }, megabytes: 1000, rows: rows.map((row) => ({ ...row, cores: 16 })) },
  ];
  expect(onSixteenCores(results({ cores: sixteen }))).toBe('Measured on a machine of 16 cores.');
  expect(rowOf("faster than DuckDB's whole job, 16 cores", results({ cores: sixteen }))).toMatch(
    /1\.8 × .* \*\*no\*\* \|$/,
  );
});
