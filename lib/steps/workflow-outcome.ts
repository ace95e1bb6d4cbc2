import { z } from 'zod';
import { runKeys } from '../contract/keys.ts';
import type { Request } from '../contract/request.ts';
import { Batches, DatasetPin, workflowKeys } from '../contract/workflow.ts';
import type { Deps } from '../deps.ts';
import { readJson, readLines } from '../stored-json.ts';
import { AnswersMissing } from '../workflow/errors.ts';
import { progressOf, type RunProgress } from '../workflow/progress.ts';
import type { BuiltShard } from './composition.ts';

/**
 * The dataset that a live workflow was asked, as inputs of the manifest; none for traces that were there. Throws
 * {@link AnswersMissing} unless every example has its answer, or its failure, in the shards.
 */
export async function askedDataset(
  { run_id, source }: Request,
  built: readonly BuiltShard[],
  { collections }: Deps,
): Promise<readonly DatasetPin[]> {
  if (!('workflow' in source)) return [];
  const keys = workflowKeys(run_id);
  const asked = (await readJson(collections, keys.batches, Batches)).reduce((sum, { rows }) => sum + rows, 0);
  const found = built.reduce((sum, { summary }) => sum + summary.counters.total_items, 0);
  if (found !== asked) {
    throw new AnswersMissing(
      `Run ${run_id} asked ${asked} examples, but ${collections.name}/${keys.traces} holds ${found} trace items and failures. Start it under another run id.`,
    );
  }
  return [await readJson(collections, keys.datasetPin, DatasetPin)];
}

/** What each repetition of the dataset yielded, out of the composed collection; of a live workflow only. */
export async function repetitionsOf(
  { run_id, source }: Request,
  { collections }: Deps,
): Promise<readonly RunProgress[]> {
  if (!('workflow' in source)) return [];
  const { collection } = runKeys(run_id);
  const rewards = async function* () {
    for await (const { example_id, trajectories } of readLines(collections, collection, Rewards)) {
      for (const { reward } of trajectories) yield { example_id, reward };
    }
  };
  return progressOf(rewards(), source.workflow.reps);
}

/** Of a group, what progress is made of: the collection is only counted here. */
const Rewards = z.object({ example_id: z.string(), trajectories: z.array(z.object({ reward: z.number() })) });
