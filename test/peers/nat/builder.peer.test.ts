import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Trajectory } from '../../../lib/contract/trajectory.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { memoryDeps, runSteps } from '../../support/run.ts';
import { type RandomCase, randomCase } from './random-traces.ts';
import { askPython, installToolkit } from './toolkit.ts';

/** `NAT_SEED` and `NAT_CASES` repeat a run, or make a longer one. */
const SEED = Number(process.env.NAT_SEED ?? Date.now() % 2 ** 31);
const CASES = Number(process.env.NAT_CASES ?? 400);

const NatAnswer = z.object({
  metrics: z.record(z.string(), z.unknown()),
  trajectories: z.array(z.array(z.unknown())),
  training: z.array(z.unknown()).nullable(),
  validation: z.array(z.unknown()).nullable(),
});

const toolkit = await installToolkit();

test(`NAT's builder and its trainer's files, ${CASES} random cases of seed ${SEED}`, async () => {
  console.log(`NAT_SEED=${SEED} NAT_CASES=${CASES} repeats these cases.`);
  const cases = fc.sample(randomCase, { seed: SEED, numRuns: CASES });
  const answers = await askPython(toolkit, 'build.py', cases);
  let pairs = 0;
  for (const [at, one] of cases.entries()) {
    const nat = NatAnswer.parse(answers[at]);
    const ours = await build(one);
    pairs += nat.trajectories.flat().length;
    expect({ at, text: one.text, settings: one, ...ours }).toEqual({ at, text: one.text, settings: one, ...nat });
  }
  console.log(`${pairs} pairs compared.`);
  expect(pairs).toBeGreaterThan(CASES);
}, 600_000);

async function build({ text, builder, ...dataset }: RandomCase) {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create('workflow_output.json', Buffer.from(text));
  const run = await runSteps(
    {
      source: { traces: { bucket: 'traces', key: 'workflow_output.json' } },
      builder: { ...builder, compatibility: 'nat' },
      dataset: { formats: ['nemo_customizer'], ...dataset },
      limits: { max_rejected_fraction: 1, shard_bytes: 1024 },
    },
    memoryDeps(traces, collections),
  );
  const { total_examples, total_turns, total_candidates, total_pairs, total_trajectories } = run.totals;
  const { skipped_single_candidate, skipped_score_diff } = run.totals;
  const file = (name: string) => {
    const bytes = collections.objects.get(`runs/run/datasets/nemo_customizer/${name}/${name}_file.jsonl`);
    return bytes === undefined ? null : linesOf(bytes.toString());
  };
  return {
    metrics: {
      run_id: 'run',
      ...{ total_examples, total_turns, total_candidates, total_pairs, total_trajectories },
      ...{ skipped_single_candidate, skipped_score_diff },
    },
    trajectories: run.groups.map(({ trajectories }) => trajectories.map(withoutLineage)),
    training: file('training'),
    validation: file('validation'),
  };
}

const linesOf = (jsonl: string): unknown[] =>
  jsonl
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const withoutLineage = ({ metadata: { lineage: _, ...metadata }, ...trajectory }: Trajectory) => ({
  ...trajectory,
  metadata,
});
