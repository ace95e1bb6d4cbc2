import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../docs/pages.ts';
import { dpo } from './dpo-process.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-init-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string) => join(folder, name);
const trainingOf = (id: string) => readFileSync(place(`out/runs/${id}/datasets/trl/train.jsonl`), 'utf8');

test.each(['tic-tac-toe.json', 'rollouts.jsonl', 'judgements.csv', 'school-science.eval', 'candidates.jsonl'])(
  'the request that it writes for %s runs, and gives what the file alone gives',
  async (name) => {
    const file = join(ROOT, 'examples', name);
    const request = place(`${name}.yaml`);
    const written = await dpo(['init', file, '--to', request]);
    expect(written.code, written.stderr).toBe(0);
    expect(written.stdout).toContain(`dpo run --request ${request} --out out`);
    const to = ['--out', place('out'), '--quiet'];
    const ran = await dpo(['run', '--request', request, ...to, '--run-id', `asked-${name}`]);
    expect(ran.code, ran.stderr).toBe(0);
    await dpo(['run', file, ...to, '--run-id', `plain-${name}`, '--set', 'dataset.formats=["trl"]']);
    expect(trainingOf(`asked-${name}`)).toBe(trainingOf(`plain-${name}`));
  },
);

test('scores and units that were found stand beside the settings', async () => {
  const { stdout } = await dpo(['init', join(ROOT, 'examples/rollouts.jsonl'), '--to', '-']);
  expect(stdout).toContain('# The score that compares answers. Found: reward (0 to 1).');
  expect(stdout).toContain('# What a pair is made of: one of turn, final, divergence, trajectory.');
});

test('every setting that --set gives is in the request', async () => {
  const given = [
    'report.text=false',
    'builder.max_pairs_per_turn=2',
    'dataset.formats=openai',
    'limits.allow_incomplete=true',
  ];
  const set = given.flatMap((setting) => ['--set', setting]);
  for (const name of ['rollouts.jsonl', 'tic-tac-toe.json']) {
    const { stdout, stderr } = await dpo(['init', join(ROOT, 'examples', name), '--to', '-', ...set]);
    expect(parse(stdout), stderr).toMatchObject({
      source: { traces: { key: name } },
      builder: { max_pairs_per_turn: 2, min_score_diff: 0 },
      dataset: { formats: ['openai'], validation_fraction: 0.2 },
      limits: { allow_incomplete: true },
      report: { text: false },
    });
  }
});

test('a file that exists is not written over', async () => {
  const file = join(ROOT, 'examples/rollouts.jsonl');
  await dpo(['init', file, '--to', place('kept.yaml')]);
  const before = readFileSync(place('kept.yaml'));
  const { code, stderr } = await dpo(['init', join(ROOT, 'examples/tic-tac-toe.json'), '--to', place('kept.yaml')]);
  expect(stderr).toContain('kept.yaml exists: give another file with --to, or remove it.');
  expect(code).toBe(2);
  expect(readFileSync(place('kept.yaml'))).toEqual(before);
});

test('a file of no known format is refused with what to do, and nothing is written', async () => {
  const { code, stderr } = await dpo(['init', join(ROOT, 'package.json'), '--to', place('none.yaml')]);
  expect(stderr).toMatch(/package\.json/);
  expect(code).toBe(2);
  expect(() => readFileSync(place('none.yaml'))).toThrow();
});
