import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BuilderSettings } from '../../../lib/contract/builder.ts';
import { RepetitionSum } from '../../../lib/contract/repetition-sum.ts';
import { WorkflowSource } from '../../../lib/contract/workflow.ts';
import { mergeRepetitions, sumRepetitions } from '../../../lib/stages/workflow/repetition-sums.ts';

const workflow = (reps: number) => ({
  source: {
    workflow: WorkflowSource.parse({ endpoint: 'https://agent.example', dataset: { bucket: 'b', key: 'k' }, reps }),
  },
  builder: BuilderSettings.parse({}),
});
const TRACES = { source: { traces: { bucket: 'b', key: 'k' }, cut: true }, builder: BuilderSettings.parse({}) };

type Requested = Parameters<typeof sumRepetitions>[0];
/** Margins by the example's id. */
type Groups = Readonly<Record<string, readonly number[]>>;

/** As a shard's summary holds them. */
function sumsOf(request: Requested, groups: Groups): RepetitionSum[] {
  const shard = sumRepetitions(request);
  for (const [exampleId, margins] of Object.entries(groups)) {
    shard.addGroup({ exampleId, turns: margins.map((margin) => [{ chosen: { score: 10 + margin }, margin }]) });
  }
  return z.array(RepetitionSum).parse(JSON.parse(JSON.stringify(shard.sums())));
}

const recordsOf = (request: Requested, ...shards: readonly Groups[]) =>
  mergeRepetitions(
    request,
    shards.map((groups) => sumsOf(request, groups)),
  );

describe('NAT’s record of a collection run', () => {
  it('sums up each repetition', () => {
    expect(recordsOf(workflow(3), { a_rep0: [0.5], b_rep0: [0.25], a_rep2: [1, -0.5] })).toEqual([
      { run_number: 0, num_trajectories: 2, num_dpo_pairs: 2, avg_reward: 0.375, min_reward: 0.25, max_reward: 0.5 },
      { run_number: 1, num_trajectories: 0, num_dpo_pairs: 0, avg_reward: 0, min_reward: 0, max_reward: 0 },
      { run_number: 2, num_trajectories: 2, num_dpo_pairs: 2, avg_reward: 0.25, min_reward: -0.5, max_reward: 1 },
    ]);
  });

  it.each([
    ['the only repetition there is', workflow(1)],
    ['traces that were there', TRACES],
  ])('takes all ids for %s', (_, request) => {
    expect(recordsOf(request, { x_rep7: [2], x_rep8: [1] })).toMatchObject([
      { run_number: 0, num_trajectories: 2, avg_reward: 1.5 },
    ]);
  });

  it('is the same for any shards', () => {
    const request = workflow(3);
    // Eighths add up exactly in any order.
    const margins = fc.array(
      fc.integer({ min: 0, max: 80 }).map((eighths) => eighths / 8),
      { minLength: 1, maxLength: 4 },
    );
    const groups = fc.array(fc.record({ repetition: fc.nat(3), margins, shard: fc.nat(4) }), { maxLength: 30 });
    fc.assert(
      fc.property(groups, (drawn) => {
        const of = (wanted: (shard: number) => boolean): Groups =>
          Object.fromEntries(
            drawn.flatMap((group, index) =>
              wanted(group.shard) ? [[`${index}_rep${group.repetition}`, group.margins]] : [],
            ),
          );
        const shards = [0, 1, 2, 3, 4].map((ordinal) => of((shard) => shard === ordinal));
        expect(recordsOf(request, ...shards)).toEqual(
          recordsOf(
            request,
            of(() => true),
          ),
        );
      }),
    );
  });

  it('takes the chosen scores where they are the rewards', () => {
    const request = { ...TRACES, builder: BuilderSettings.parse({ reward_from_score_diff: false }) };
    expect(recordsOf(request, { a: [1], b: [3] })).toMatchObject([{ avg_reward: 12, min_reward: 11, max_reward: 13 }]);
  });

  it('stays a number where the rewards add up to more than one holds', () => {
    const most = Number.MAX_VALUE;
    expect(recordsOf(TRACES, { a: [most, most] }, { b: [most] })).toMatchObject([{ max_reward: most }]);
    expect(recordsOf(TRACES, { a: [most, most] }, { b: [most] })[0]?.avg_reward).toBeGreaterThan(0);
  });
});
