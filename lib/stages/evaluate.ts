import { Manifest } from '../contract/manifest.ts';
import { type Shard, Shards, type TraceObject } from '../contract/plan.ts';
import type { Request } from '../contract/request.ts';
import type { TraceSource } from '../contract/source.ts';
import type { EvaluateInput, EvaluateOutput } from '../contract/states.ts';
import { refuseColumns } from '../datasets/refuse-columns.ts';
import { refuseFileType } from '../datasets/refuse-file-type.ts';
import { wantedDatasets } from '../datasets/wanted-datasets.ts';
import { RunConflict } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import { claim } from './claim.ts';
import { cutShards, mayBeCut } from './cut-shards.ts';
import type { Deps } from './deps.ts';
import { type DatasetDeps, evaluateWorkflow } from './evaluate-workflow.ts';
import { findTraces } from './find-traces.ts';
import { pinTokenizer, readTokenizer } from './pin-tokenizer.ts';
import { planText } from './plan-text.ts';
import { asUploaded, type RequestDeps, requestOf } from './request-of.ts';
import { refusePlainSecrets } from './training/plan.ts';

export type EvaluateDeps = RequestDeps & DatasetDeps;

/**
 * Checks the request, claims the run, and writes the plan: of the traces, pinned, or of the dataset that a live workflow
 * is asked. Running it again for the same request finds what the first one left. Throws {@link InvalidRequest},
 * {@link NoTraces}, {@link RunConflict}.
 */
export async function evaluate(input: EvaluateInput, deps: EvaluateDeps): Promise<EvaluateOutput> {
  const request = await requestOf(input, deps);
  if (request.training) refusePlainSecrets(request.training);
  refuseColumns(request.dataset);
  refuseFileType(request.dataset);
  const tokenizer = await readTokenizer(request, deps);
  const { source } = request;
  const output =
    'workflow' in source
      ? await evaluateWorkflow(request, source.workflow, deps)
      : await evaluateTraces(input, request, source, deps);
  if (tokenizer && output.status !== 'committed') await pinTokenizer(request.run_id, tokenizer, deps);
  return output;
}

async function evaluateTraces(
  input: EvaluateInput,
  request: Request,
  source: TraceSource,
  deps: Deps,
): Promise<EvaluateOutput> {
  const keys = runKeys(request.run_id);
  // Before the claim: a source with nothing in it must not take the run id.
  const objects = asUploaded(input, await findTraces(source, deps));
  await claim(request, deps);
  if (await deps.collections.head(keys.manifest)) {
    await requireSameInputs(request, objects, deps);
    return planned(request, 'committed', objects, 0, deps);
  }
  const standing = await standingPlan(request, deps);
  if (standing) return planned(request, 'planned', inputsOf(standing), standing.length, deps);
  const cutting = { shardBytes: request.limits.shard_bytes, cut: source.cut && mayBeCut(request.builder) };
  const shards = await Array.fromAsync(cutShards(objects, cutting, deps));
  const written = await deps.collections.write(keys.plan, planText(shards), { ifAbsent: true });
  // Another execution of this run planned meanwhile: its pins are the run's.
  const other = written === 'exists' ? await readJson(deps.collections, keys.plan, Shards) : undefined;
  return planned(request, 'planned', other ? inputsOf(other) : objects, (other ?? shards).length, deps);
}

async function requireSameInputs(request: Request, objects: readonly TraceObject[], deps: Deps): Promise<void> {
  const { inputs } = await readJson(deps.collections, runKeys(request.run_id).manifest, Manifest);
  const committed = new Map(inputs.map((input) => [JSON.stringify([input.bucket, input.key]), pinText(input)]));
  const changed = objects.find(({ bucket, key, ...pin }) => {
    const same = committed.get(JSON.stringify([bucket, key])) === pinText(pin);
    committed.delete(JSON.stringify([bucket, key]));
    return !same;
  });
  if (!changed && committed.size === 0) return;
  const what = changed ? `${changed.key} is not what it was` : `${committed.size} of its inputs are gone`;
  throw new RunConflict(`Run ${request.run_id} is committed from other traces: ${what}. Choose another run id.`);
}

const pinText = (pin: { version?: string | undefined; etag: string; bytes: number }): string =>
  JSON.stringify([pin.version ?? null, pin.etag, pin.bytes]);

async function standingPlan({ run_id }: Request, deps: Deps): Promise<readonly Shard[] | undefined> {
  const { plan } = runKeys(run_id);
  return (await deps.collections.head(plan)) ? readJson(deps.collections, plan, Shards) : undefined;
}

const inputsOf = (shards: readonly Shard[]): { bytes: number }[] => {
  const inputs = new Map<string, { bytes: number }>();
  for (const { slices } of shards) {
    for (const { bucket, key, object_bytes } of slices)
      inputs.set(JSON.stringify([bucket, key]), { bytes: object_bytes });
  }
  return [...inputs.values()];
};

const planned = (
  request: Request,
  status: EvaluateOutput['status'],
  inputs: readonly { bytes: number }[],
  shards: number,
  deps: Deps,
): EvaluateOutput => ({
  run_id: request.run_id,
  status,
  plan: { bucket: deps.collectionsBucket, key: runKeys(request.run_id).plan },
  shards,
  inputs: inputs.length,
  input_bytes: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
  max_concurrency: request.limits.max_concurrency,
  datasets: wantedDatasets(request),
});
