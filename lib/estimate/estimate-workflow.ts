import type { WorkflowEstimate } from '../contract/estimate.ts';
import type { WorkflowSource } from '../contract/workflow.ts';

/** What a live workflow is asked. What it answers, and so the shards and the pairs, nobody knows before. */
export function estimateWorkflow(
  rows: number,
  { reps, max_retries, timeout_seconds, batch_size, max_concurrency }: WorkflowSource,
): WorkflowEstimate {
  const examples = rows * reps;
  const most = examples * (1 + max_retries);
  return {
    kind: 'workflow',
    examples,
    requests: { least: examples, most },
    batches: Math.ceil(rows / batch_size) * reps,
    most_seconds: Math.ceil((most * timeout_seconds) / max_concurrency),
  };
}
