import { runKeys } from '../../objects/keys.ts';

/** Where a run's training stands in the collections bucket, beside what Finalize committed. */
export const trainingKeys = (runId: string) => {
  const { root } = runKeys(runId);
  return {
    /** One object an attempt, so that a listing in key order ends with the latest. */
    attempts: `${root}training/attempts/`,
    attempt: (number: number) => `${root}training/attempts/${String(number).padStart(6, '0')}.json`,
    job: `${root}training/job.json`,
    progress: `${root}training.jsonl`,
    finalMetrics: `${root}final_metrics.json`,
  };
};
