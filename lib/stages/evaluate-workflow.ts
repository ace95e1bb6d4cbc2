import type { Request } from '../contract/request.ts';
import type { EvaluateOutput } from '../contract/states.ts';
import { type WorkflowSource, workflowKeys } from '../contract/workflow.ts';
import { wantedDatasets } from '../datasets/wanted-datasets.ts';
import { InvalidRequest } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { claim } from './claim.ts';
import { type Deps, storeOf } from './deps.ts';
import { findDataset, planBatches } from './workflow/plan-batches.ts';

export interface DatasetDeps extends Deps {
  /**
   * Where datasets are read, and nowhere else: their rows are sent to the host that the request names. Anywhere if left
   * out, on the machine of the person who asks.
   */
  readonly datasets?: { readonly bucket: string; readonly prefix: string } | undefined;
}

/**
 * Claims the run of a live workflow and cuts its dataset into batches. A committed run stands as it is, whatever the
 * dataset is by now: only another run id asks the workflow anew. Throws {@link InvalidRequest}, {@link RunConflict}.
 */
export async function evaluateWorkflow(
  request: Request,
  source: WorkflowSource,
  deps: DatasetDeps,
): Promise<EvaluateOutput> {
  const keys = runKeys(request.run_id);
  const datasets = storeOf(source.dataset.bucket, deps);
  // Before the claim: a source with nothing in it must not take the run id.
  if (!(await deps.collections.head(workflowKeys(request.run_id).dataset))) {
    refuseOtherPlaces(source, deps);
    await findDataset(source, datasets);
  }
  await claim(request, deps);
  const output = {
    run_id: request.run_id,
    plan: { bucket: deps.collectionsBucket, key: keys.plan },
    shards: 0,
    inputs: 1,
    max_concurrency: request.limits.max_concurrency,
    datasets: wantedDatasets(request),
  };
  if (await deps.collections.head(keys.manifest)) return { ...output, status: 'committed', input_bytes: 0 };
  const { dataset, ...workflow } = await planBatches(request.run_id, source, { datasets, runs: deps.collections });
  return { ...output, status: 'workflow', input_bytes: dataset.bytes, workflow };
}

/** Throws {@link InvalidRequest} for a dataset outside of the place where they are read. */
function refuseOtherPlaces({ dataset: { bucket, key } }: WorkflowSource, { datasets }: DatasetDeps): void {
  if (!datasets || (bucket === datasets.bucket && key.startsWith(datasets.prefix))) return;
  throw new InvalidRequest(
    `source.workflow.dataset is ${key} in bucket ${bucket}: datasets are read only under ${datasets.bucket}/${datasets.prefix}. ` +
      'Copy it there and name the copy; an upload whose name ends in .csv.dataset (CSV) or .dataset starts no run by itself.',
  );
}
