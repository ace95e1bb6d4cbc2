import * as z from 'zod';
import { CollectionRun } from '../../contract/collection-run.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { FinalMetrics, type TrainingJob } from '../../contract/training-states.ts';
import { inOneChunk, type ObjectStore } from '../../objects/store.ts';
import { jsonText, readLines } from '../../objects/stored-json.ts';
import type { Deps } from '../deps.ts';
import { trainingKeys } from './keys.ts';

/**
 * Writes `final_metrics.json` as NAT's trainer does, whatever way the training ended. What was collected comes from
 * `metrics.jsonl`: the collection itself may be larger than a status check has time to read.
 */
export async function writeFinalMetrics(
  end: Pick<FinalMetrics, 'status' | 'message' | 'progress'>,
  job: TrainingJob,
  manifest: Manifest,
  { collections, now }: Pick<Deps, 'collections' | 'now'>,
): Promise<void> {
  const runs = await collectionRunsOf(collections, manifest.metrics.key);
  const rewards = runs.reduce((sum, { avg_reward }) => sum + avg_reward, 0);
  const metrics = FinalMetrics.parse({
    run_id: manifest.run_id,
    timestamp: now().toISOString(),
    ...end,
    num_collection_runs: runs.length,
    total_trajectory_groups: manifest.collection.groups,
    collection_summary: {
      total_trajectories: manifest.totals.total_trajectories,
      total_dpo_pairs: manifest.totals.total_pairs,
      avg_reward: runs.length === 0 ? 0 : rewards / runs.length,
    },
    job_metadata: { job_id: job.job_id, output_model: job.output_model, dataset_name: job.dataset },
  } satisfies FinalMetrics);
  await collections.write(trainingKeys(manifest.run_id).finalMetrics, inOneChunk(jsonText(metrics)));
}

/** Those that yielded something: NAT records no other. */
async function collectionRunsOf(store: ObjectStore, metrics: string): Promise<readonly CollectionRun[]> {
  const runs: CollectionRun[] = [];
  for await (const line of readLines(store, metrics, MetricsLine)) {
    if (line.scope !== 'repetition') continue;
    const run = CollectionRun.parse(line);
    if (run.num_trajectories > 0) runs.push(run);
  }
  return runs;
}

const MetricsLine = z.looseObject({ scope: z.string() });
