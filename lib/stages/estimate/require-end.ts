import { SourceTooLarge } from '../../errors.ts';
import type { RunCut } from '../../estimate/estimate-run.ts';
import { FASTEST_NETWORK_BYTES, FUNCTION_SECONDS } from '../../estimate/rates.ts';
import { LARGEST_SMALL_OBJECT } from '../../objects/store.ts';
import type { CutRun } from './sample-run.ts';

/**
 * Throws {@link SourceTooLarge} for a run that cannot end, by nothing but the plan: a task that the fastest network does not
 * bring to a function in its 15 minutes, or a plan that the states after Evaluate do not read.
 */
export function requireEnd(
  { shards, grouping }: CutRun,
  { largest, inputs }: RunCut,
  mostPlanBytes = LARGEST_SMALL_OBJECT,
): void {
  const most = FASTEST_NETWORK_BYTES * FUNCTION_SECONDS;
  if (largest.bytes > most) {
    throw new SourceTooLarge(
      `One task would read ${largest.bytes} bytes, and no function reads more than ${most} in its 15 minutes. What helps: ${largest.fix}.`,
    );
  }
  // The separators of its lines, too.
  const planBytes = Math.max(
    ...[shards, grouping].map((tasks) =>
      tasks.reduce((sum, task) => sum + Buffer.byteLength(JSON.stringify(task)) + 2, 2),
    ),
  );
  if (planBytes > mostPlanBytes) {
    throw new SourceTooLarge(
      `The plan of ${inputs} files would have ${planBytes} bytes, and a state reads at most ${mostPlanBytes} of one. What helps: fewer files per run (a prefix each), or fewer and larger files.`,
    );
  }
}
