import { Manifest } from '../contract/manifest.ts';
import type { TraceObject } from '../contract/plan.ts';
import type { Request } from '../contract/request.ts';
import type { TraceSource } from '../contract/source.ts';
import type { EvaluateInput, EvaluateOutput } from '../contract/states.ts';
import { RunConflict } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import type { Written } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { claim } from './claim.ts';
import type { Deps } from './deps.ts';
import { describePlan, inputsOf } from './describe-plan.ts';
import { type DrawDeps, type DrawnPlan, drawPlan } from './draw-plan.ts';
import { writeEstimate } from './estimate/write-estimate.ts';
import { evaluateWorkflow } from './evaluate-workflow.ts';
import { type FoundTraces, findTraces, TRACE_NAME } from './find-traces.ts';
import { passOverUpload } from './pass-over-upload.ts';
import { pinTokenizer, readTokenizer } from './pin-tokenizer.ts';
import { planText } from './plan-text.ts';
import { type Plan, readPlan } from './read-plan.ts';
import { type RefuseDeps, refuseSettings } from './refuse-settings.ts';
import { asUploaded, requestOf } from './request-of.ts';
import { namePassedOver, type SourceSettings } from './source/resolve-source.ts';
import type { UploadedSettingsDeps } from './uploaded-settings.ts';

export interface EvaluateDeps extends UploadedSettingsDeps, RefuseDeps, DrawDeps {}

/**
 * Checks the request, claims the run, and writes the plan: of the traces, pinned, or of the dataset that a live workflow
 * is asked. Running it again for the same request finds what the first one left. Throws InvalidRequest, EndpointRefused,
 * CeilingExceeded, SourceTooLarge, NoTraces, {@link RunConflict}.
 */
export async function evaluate(input: EvaluateInput, deps: EvaluateDeps): Promise<EvaluateOutput> {
  const passedOver = await passOverUpload(input, deps);
  if (passedOver) return passedOver;
  const request = await requestOf(input, deps);
  refuseSettings(request, deps);
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
  deps: EvaluateDeps,
): Promise<EvaluateOutput> {
  const keys = runKeys(request.run_id);
  // Before the claim: a source with nothing in it must not take the run id.
  const { objects: found, beside } = await findTraces(source, deps);
  const objects = asUploaded(input, found);
  if (await deps.collections.head(keys.manifest)) {
    await claim(request, deps);
    await requireSameInputs(request, objects, deps);
    return describePlan(request, { status: 'committed', shards: 0, inputs: objects }, deps);
  }
  const { shards, grouping } =
    (await standingPlan(request, deps)) ?? (await makePlan(request, source, { objects, beside }, deps));
  const status = grouping.length > 0 ? 'scattered' : 'planned';
  const inputs = inputsOf([...grouping, ...shards]);
  return describePlan(request, { status, shards: shards.length, grouping: grouping.length, inputs }, deps);
}

async function standingPlan(request: Request, deps: Deps): Promise<RunPlan | undefined> {
  if (!(await deps.collections.head(runKeys(request.run_id).plan))) return undefined;
  await claim(request, deps);
  return readPlan(request.run_id, deps);
}

type RunPlan = Pick<Plan, 'shards' | 'grouping'>;

async function makePlan(
  request: Request,
  source: TraceSource,
  { objects, beside }: FoundTraces,
  deps: EvaluateDeps,
): Promise<RunPlan> {
  // Before the claim: a run that would cost too much, or cannot end, must not take the run id.
  const plan = await drawPlan(request, source, objects, deps);
  await claim(request, deps);
  const written = await writePlan(request, { ...plan, beside }, deps);
  // Another execution of this run planned meanwhile: its pins are the run's.
  return written === 'exists' ? readPlan(request.run_id, deps) : plan;
}

async function writePlan(
  request: Request,
  { shards, grouping, resolved, estimate, beside }: DrawnPlan & Pick<FoundTraces, 'beside'>,
  deps: Deps,
): Promise<Written | 'exists'> {
  const keys = runKeys(request.run_id);
  const store = deps.collections;
  const settings = resolved.kind === 'records' ? resolved.settings : nativeSettings(resolved.passedOver);
  const others = [...beside, ...resolved.beside];
  // Of NAT's own traces there is nothing to keep but what was passed over.
  if (resolved.kind === 'records' || resolved.passedOver.length + others.length > 0) {
    await store.create(keys.source, jsonText({ run_id: request.run_id, ...settings, beside: others }));
  }
  if (grouping.length > 0) {
    await store.write(keys.grouping, planText(grouping), { ifAbsent: true });
    await store.create(keys.groupingTasks, jsonText(grouping.map(({ ordinal }) => ordinal)));
  }
  if (estimate) await writeEstimate(request.run_id, estimate, store);
  // The last of them: a plan that exists is whole.
  return store.write(keys.plan, planText(shards), { ifAbsent: true });
}

const nativeSettings = (passedOver: readonly string[]): SourceSettings => ({
  ...{ format: 'nat', score: 'score', unit: 'turn' },
  passed_over: namePassedOver(passedOver),
});

async function requireSameInputs(request: Request, objects: readonly TraceObject[], deps: Deps): Promise<void> {
  const { inputs } = await readJson(deps.collections, runKeys(request.run_id).manifest, Manifest);
  const committed = new Map(inputs.map((input) => [JSON.stringify([input.bucket, input.key]), pinText(input)]));
  // Of a source that was found to be of one format, other objects beside it were passed over.
  const passedOver = await deps.collections.head(runKeys(request.run_id).source);
  const changed = objects.find(({ bucket, key, ...pin }) => {
    const input = committed.get(JSON.stringify([bucket, key]));
    if (input === undefined && (passedOver || !TRACE_NAME.test(key))) return false;
    const same = input === pinText(pin);
    committed.delete(JSON.stringify([bucket, key]));
    return !same;
  });
  if (!changed && committed.size === 0) return;
  const what = changed ? `${changed.key} has changed` : `${committed.size} of its inputs are gone`;
  throw new RunConflict(`Run ${request.run_id} is committed from other traces: ${what}. Choose another run id.`);
}

const pinText = (pin: { version?: string | undefined; etag: string; bytes: number }): string =>
  JSON.stringify([pin.version ?? null, pin.etag, pin.bytes]);
