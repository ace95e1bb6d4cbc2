import { requireWorkflowBelow } from '../contract/ceilings.ts';
import type { WorkflowEstimate } from '../contract/estimate.ts';
import type { Request } from '../contract/request.ts';
import type { EvaluateOutput } from '../contract/states.ts';
import { type WorkflowSource, workflowKeys } from '../contract/workflow.ts';
import { estimateWorkflow } from '../estimate/estimate-workflow.ts';
import { runKeys } from '../objects/keys.ts';
import type { CeilingDeps } from './below-ceiling.ts';
import { claim } from './claim.ts';
import { type Deps, storeOf } from './deps.ts';
import { describePlan } from './describe-plan.ts';
import type { DrawDeps } from './draw-plan.ts';
import { writeEstimate } from './estimate/write-estimate.ts';
import { countRows, findDataset, planBatches } from './workflow/plan-batches.ts';

/**
 * Claims the run of a live workflow and cuts its dataset into batches. A committed run stands as it is, whatever the
 * dataset is by now: only another run id asks the workflow anew. Throws InvalidRequest, CeilingExceeded, RunConflict.
 */
export async function evaluateWorkflow(
  request: Request,
  source: WorkflowSource,
  deps: DrawDeps,
): Promise<EvaluateOutput> {
  const datasets = storeOf(source.dataset.bucket, deps);
  // Before the claim: a source with nothing in it must not take the run id.
  const isNew = !(await deps.collections.head(workflowKeys(request.run_id).dataset));
  const { ceilings } = deps;
  if (isNew && !ceilings) await findDataset(source, datasets);
  const estimate = isNew && ceilings ? await estimateAsking(source, { ...deps, ceilings }) : undefined;
  await claim(request, deps);
  if (estimate && deps.place) await writeEstimate(request.run_id, estimate, deps.collections);
  if (await deps.collections.head(runKeys(request.run_id).manifest)) {
    return describePlan(request, { status: 'committed', shards: 0, inputs: [{ bytes: 0 }] }, deps);
  }
  const { dataset, ...workflow } = await planBatches(request.run_id, source, { datasets, runs: deps.collections });
  return { ...describePlan(request, { status: 'workflow', shards: 0, inputs: [dataset] }, deps), workflow };
}

/** What the workflow will be asked. Throws InvalidRequest, CeilingExceeded. */
export async function estimateAsking(
  source: WorkflowSource,
  deps: Deps & Required<CeilingDeps>,
): Promise<WorkflowEstimate> {
  const datasets = storeOf(source.dataset.bucket, deps);
  const rows = await countRows(source, await findDataset(source, datasets), datasets);
  if (deps.ceilings) requireWorkflowBelow(rows, source, deps.ceilings);
  return estimateWorkflow(rows, source);
}
