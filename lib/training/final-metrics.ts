import { z } from 'zod';
import type { Manifest } from '../contract/manifest.ts';
import { FinalMetrics, type TrainingJob, type TrainingStatus } from '../contract/training-states.ts';
import type { Deps } from '../deps.ts';
import type { ObjectStore } from '../store.ts';
import { trainingKeys } from './keys.ts';
import { replaceText } from './records.ts';

export interface TrainingEnd {
  readonly status: TrainingStatus;
  readonly message: string;
  readonly progress: number | null;
}

/** Writes `final_metrics.json` as NAT's trainer does, whatever way the training ended. */
export async function writeFinalMetrics(
  end: TrainingEnd,
  job: TrainingJob,
  manifest: Manifest,
  { collections, now }: Pick<Deps, 'collections' | 'now'>,
): Promise<void> {
  const metrics = FinalMetrics.parse({
    run_id: manifest.run_id,
    timestamp: now().toISOString(),
    ...end,
    num_collection_runs: 1,
    total_trajectory_groups: manifest.collection.groups,
    collection_summary: {
      total_trajectories: manifest.totals.total_trajectories,
      total_dpo_pairs: manifest.totals.total_pairs,
      avg_reward: await meanReward(collections, manifest.collection.key),
    },
    job_metadata: { job_id: job.job_id, output_model: job.output_model, dataset_name: job.dataset },
  } satisfies FinalMetrics);
  await replaceText(collections, trainingKeys(manifest.run_id).finalMetrics, `${JSON.stringify(metrics, null, 2)}\n`);
}

/** Of all trajectories, in the collection's order; one line in memory at a time. */
async function meanReward(store: ObjectStore, collection: string): Promise<number> {
  let sum = 0;
  let count = 0;
  for await (const line of linesOf(store.read(collection))) {
    for (const { reward } of Rewards.parse(JSON.parse(line)).trajectories) {
      sum += reward;
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

const Rewards = z.object({ trajectories: z.array(z.object({ reward: z.number() })) });

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    held.push(first);
    for (const part of rest) {
      yield held.join('');
      held = [part];
    }
  }
  const last = held.join('') + decoder.decode();
  if (last !== '') yield last;
}
