import * as z from 'zod';
import { BuilderSettings } from '../contract/builder.ts';
import { DatasetSettings } from '../contract/dataset.ts';
import { Shards, type TraceObject } from '../contract/plan.ts';
import { Limits } from '../contract/request.ts';
import type { EvaluateOutput } from '../contract/states.ts';
import { Batches, type PlanTracesInput, workflowKeys } from '../contract/workflow.ts';
import { ShardMissing } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import { belowCeiling, type CeilingDeps } from './below-ceiling.ts';
import { cutShards, mayBeCut } from './cut-shards.ts';
import type { Deps } from './deps.ts';
import { describePlan } from './describe-plan.ts';
import { planText } from './plan-text.ts';

/**
 * After a live workflow has been asked: pins the traces that its batches wrote and cuts them into shards, as Evaluate
 * does with traces that were there before. Throws {@link ShardMissing} where a batch left none, CeilingExceeded.
 */
export async function planTraces({ run_id }: PlanTracesInput, deps: Deps & CeilingDeps): Promise<EvaluateOutput> {
  const { plan, request } = runKeys(run_id);
  const { builder, limits, dataset } = await readJson(deps.collections, request, Planned);
  const traces = await writtenTraces(run_id, deps);
  const cutting = { shardBytes: limits.shard_bytes, cut: mayBeCut(builder) };
  const shards = belowCeiling(cutShards(traces, cutting, deps), 'shards', deps);
  await deps.collections.write(plan, planText(shards), { ifAbsent: true });
  // Read back: where another execution planned first, its plan is the one that counts.
  const { length } = await readJson(deps.collections, plan, Shards);
  return describePlan({ run_id, limits, dataset }, { status: 'planned', shards: length, inputs: traces }, deps);
}

/** Of the claimed request: the rest is for other steps. */
const Planned = z.object({ builder: BuilderSettings, limits: Limits, dataset: DatasetSettings });

async function writtenTraces(runId: string, deps: Deps): Promise<readonly TraceObject[]> {
  const keys = workflowKeys(runId);
  const traces: TraceObject[] = [];
  const written = new Set<string>();
  for await (const object of deps.collections.list(keys.traces)) {
    traces.push({ bucket: deps.collectionsBucket, ...object });
    written.add(object.key.slice(0, object.key.lastIndexOf('-') + 1));
  }
  for (const { ordinal } of await readJson(deps.collections, keys.batches, Batches)) {
    const prefix = keys.parts(ordinal);
    if (!written.has(prefix)) {
      throw new ShardMissing(`batch ${ordinal} of run ${runId} left no trace under ${prefix}: start the run again`);
    }
  }
  return traces;
}
