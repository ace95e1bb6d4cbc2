import { Shards, type TraceObject } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
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
  const keys = runKeys(run_id);
  const request = await readJson(deps.collections, keys.request, Request);
  const traces = await writtenTraces(run_id, deps);
  const cutting = { shardBytes: request.limits.shard_bytes, cut: mayBeCut(request.builder) };
  const shards = belowCeiling(cutShards(traces, cutting, deps), 'shards', deps);
  await deps.collections.write(keys.plan, planText(shards), { ifAbsent: true });
  // Read back: where another execution planned first, its plan is the one that counts.
  const { length } = await readJson(deps.collections, keys.plan, Shards);
  return describePlan(request, { status: 'planned', shards: length, inputs: traces }, deps);
}

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
