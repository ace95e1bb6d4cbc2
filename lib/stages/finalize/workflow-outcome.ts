import type { Manifest } from '../../contract/manifest.ts';
import type { Request } from '../../contract/request.ts';
import { Batches, DatasetPin, type SkippedRows, workflowKeys } from '../../contract/workflow.ts';
import { readJson } from '../../objects/stored-json.ts';
import type { Deps } from '../deps.ts';
import type { BuiltShard } from '../summaries.ts';
import { AnswersMissing } from '../workflow/errors.ts';

export interface AskedDataset {
  readonly inputs: Manifest['inputs'];
  readonly warnings: readonly string[];
}

/**
 * The dataset that a live workflow was asked, as an input of the manifest; none for traces that were there. Throws
 * {@link AnswersMissing} unless every example has its answer, or its failure, in the shards.
 */
export async function askedDataset(
  { run_id, source }: Request,
  built: readonly BuiltShard[],
  { collections }: Deps,
): Promise<AskedDataset> {
  if (!('workflow' in source)) return { inputs: [], warnings: [] };
  const keys = workflowKeys(run_id);
  const asked = (await readJson(collections, keys.batches, Batches)).reduce((sum, { rows }) => sum + rows, 0);
  const found = built.reduce((sum, { summary }) => sum + summary.counters.total_items, 0);
  if (found !== asked) {
    throw new AnswersMissing(
      `Run ${run_id} asked ${asked} examples, but ${collections.name}/${keys.traces} holds ${found} trace items and failures. Start it under another run id.`,
    );
  }
  const { skipped, ...pin } = await readJson(collections, keys.datasetPin, DatasetPin);
  return { inputs: [pin], warnings: skippedWarnings(skipped) };
}

function skippedWarnings({ repeated_id, blank_question }: SkippedRows): string[] {
  return [
    ...(repeated_id === 0
      ? []
      : [`${repeated_id} rows of the dataset were not asked: an earlier row has the same id.`]),
    ...(blank_question === 0 ? [] : [`${blank_question} rows of the dataset were not asked: they have no question.`]),
  ];
}
