import type { CollectionRun } from '../../contract/collection-run.ts';
import type { Request } from '../../contract/request.ts';
import type { Group } from '../../contract/trajectory.ts';

/** Of a group, what the records are made of. */
type Rewarded = Pick<Group, 'example_id'> & { readonly trajectories: readonly { readonly reward: number }[] };

/**
 * What each collection run yielded, in order, added up group after group. The repetition of a workflow's dataset is told
 * by its examples' ids (`X_rep1`) where there are several; all else is one run.
 */
export function collectionRuns({ source }: Pick<Request, 'source'>) {
  const reps = 'workflow' in source ? source.workflow.reps : 1;
  const sums = Array.from({ length: reps }, () => ({ pairs: 0, total: 0, min: Infinity, max: -Infinity }));
  return {
    add({ example_id, trajectories }: Rewarded): void {
      const sum = sums[reps === 1 ? 0 : Number(/_rep(\d+)$/.exec(example_id)?.[1])];
      if (!sum) return;
      for (const { reward } of trajectories) {
        sum.pairs += 1;
        sum.total += reward;
        sum.min = Math.min(sum.min, reward);
        sum.max = Math.max(sum.max, reward);
      }
    },
    records: (): CollectionRun[] =>
      sums.map(({ pairs, total, min, max }, run_number) => ({
        run_number,
        num_trajectories: pairs,
        // A trajectory is one pair.
        num_dpo_pairs: pairs,
        avg_reward: pairs === 0 ? 0 : total / pairs,
        min_reward: pairs === 0 ? 0 : min,
        max_reward: pairs === 0 ? 0 : max,
      })),
  };
}
