import { expect, test } from 'vitest';
import { resultTable } from '../../cli/result-table.ts';
import { bytesInWords } from '../../cli/wording.ts';
import { noCounts } from '../../lib/contract/counters.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';

const file = (name: string) => ({
  key: `runs/r/${name}`,
  bytes: 2048,
  checksum: { algorithm: 'CRC32' as const, value: 'AAAAAA==' },
});

const manifest: Manifest = {
  run_id: 'r',
  status: 'committed',
  request_sha256: '',
  code_version: '0',
  inputs: [],
  collection: { ...file('collection.jsonl'), groups: 1, trajectories: 1234 },
  rejected: { ...file('rejected.jsonl'), lines: 2 },
  metrics: file('metrics.jsonl'),
  report: file('report.html'),
  selections: {},
  formats: {},
  datasets: { nemo_customizer: { training: { ...file('datasets/nemo_customizer/training.jsonl'), lines: 1 } } },
  totals: {
    ...noCounts(),
    total_examples: 1,
    total_turns: 30,
    total_candidates: 100,
    total_pairs: 1234,
    skipped_tie: 7,
    rejected_candidates: { empty_response: 2 },
  },
  warnings: ['Something to know.'],
};

test('the table shows what came out, every loss with its reason, the warnings and the files', () => {
  expect(resultTable(manifest, 'out/')).toBe(`\
examples        1  with at least one pair
turns          30
candidates    100
pairs       1,234

Left out
  pairs       7  equal scores
  candidates  2  rejected: empty response

Warnings
  Something to know.

Files in out/
  runs/r/collection.jsonl                         1,234 trajectories in 1 group
  runs/r/rejected.jsonl                           2 lines
  runs/r/metrics.jsonl                            2.0 KB
  runs/r/report.html                              open it in a browser
  runs/r/datasets/nemo_customizer/training.jsonl  1 line
`);
});

test('a run that lost nothing has no section for it', () => {
  expect(resultTable({ ...manifest, totals: noCounts(), warnings: [] }, 'out/')).not.toMatch(/Left out|Warnings/);
});

test('the table shows what each format wrote, and what it left out', () => {
  const formats: Manifest['formats'] = {
    trl: { view: 'whole', pairs: 1200, lines: 1200, left_out: {}, prompt_style: 'chat' },
    axolotl: { view: 'whole', pairs: 1100, lines: 1100, left_out: { tools: 98, white_space: 2 }, prompt_style: null },
  };
  const lines = (training: number, validation: number) => ({
    training: { ...file('training'), lines: training },
    validation: { ...file('validation'), lines: validation },
  });
  const datasets = { trl: lines(1000, 200), axolotl: { training: { ...file('training'), lines: 1100 } } };
  const balance = { length: null, margin: null, pairs_per_example: null, pairs_per_turn: null };
  const whole = {
    ...{ collected_pairs: 1234, collected_length: null, balance },
    ...{ duplicate_pairs: 30, contradictory_pairs: 4, sampled_out_pairs: 0, leaking_validation_pairs: 0 },
    ...{ training: { pairs: 1000, examples: 1 }, validation: { pairs: 200, examples: 2 } },
  };
  const table = (changed: Partial<Manifest>) => resultTable({ ...manifest, formats, datasets, ...changed }, 'out/');
  expect(table({ selections: { whole } })).toContain(`
Dataset
  collected       1,234  pairs
  training        1,000  pairs of 1 example
  validation        200  pairs of 2 examples
  duplicates         30  left out: the same prompt and answers as an earlier pair
  contradictions      4  left out: preferred both ways

Formats
  trl      1,200  pairs in 1,000 training and 200 validation lines, as messages
  axolotl  1,100  pairs in 1,100 training lines; left out: tools 98, white space 2

`);
  const off = { ...whole, collected_pairs: 1236, training: { pairs: 1001, examples: 1 } };
  expect(table({ selections: { whole: off } })).toMatch(/unexplained +−1 {2}please report this/);
});

test('the table says why a run trained, or did not', () => {
  const why = 'Nothing is trained: finetuning.enabled of config.yml is false. --train trains anyway.';
  expect(resultTable(manifest, 'out/', { why })).toContain(`\n\nTraining\n  ${why}\n\nFiles`);
  expect(resultTable(manifest, 'out/')).not.toContain('Training');
});

test.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 KB'],
  [999_999, '1000 KB'],
  [415_261, '415 KB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});
