import { describe, expect, it } from 'vitest';
import { WorkflowSource } from '../../../lib/contract/workflow.ts';
import { collectionRuns } from '../../../lib/stages/workflow/collection-runs.ts';

const workflow = (reps: number) => ({
  source: {
    workflow: WorkflowSource.parse({ endpoint: 'https://agent.example', dataset: { bucket: 'b', key: 'k' }, reps }),
  },
});
const TRACES = { source: { traces: { bucket: 'b', key: 'k' } } };

function recordsOf(request: Parameters<typeof collectionRuns>[0], groups: Readonly<Record<string, readonly number[]>>) {
  const runs = collectionRuns(request);
  for (const [example_id, rewards] of Object.entries(groups)) {
    runs.add({ example_id, trajectories: rewards.map((reward) => ({ reward })) });
  }
  return runs.records();
}

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
});
