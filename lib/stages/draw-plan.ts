import type { Ceilings } from '../contract/ceilings.ts';
import type { TracesEstimate } from '../contract/estimate.ts';
import type { Request } from '../contract/request.ts';
import type { TraceSource } from '../contract/source.ts';
import { refuseConversations } from '../datasets/refuse-conversations.ts';
import { estimateRun } from '../estimate/estimate-run.ts';
import type { RunPlace } from '../estimate/run-place.ts';
import { belowCeiling, type CeilingDeps } from './below-ceiling.ts';
import { cutShards, mayBeCut } from './cut-shards.ts';
import type { Deps } from './deps.ts';
import { describeCut } from './estimate/describe-cut.ts';
import { requireEnd } from './estimate/require-end.ts';
import { type CutRun, sampleRun } from './estimate/sample-run.ts';
import type { ListedObject } from './find-traces.ts';
import { maxConcurrencyOf } from './max-concurrency.ts';
import { cutSource } from './source/cut-source.ts';
import { type ResolvedSource, resolveSource } from './source/resolve-source.ts';

export interface DrawDeps extends Deps, CeilingDeps {
  /** Left out on the machine of the person who asks, where a run costs nothing: there is no estimate. */
  readonly place?: RunPlace | undefined;
}

export interface EstimateDeps extends Deps {
  readonly place: RunPlace;
  readonly ceilings: Ceilings;
}

/** A plan before anything is written. */
export interface DrawnPlan extends CutRun {
  readonly estimate: TracesEstimate | undefined;
}

/** Finds out what the objects are, and cuts them. Throws InvalidRequest, CeilingExceeded, SourceTooLarge. */
export async function drawPlan(
  request: Request,
  source: TraceSource,
  objects: readonly ListedObject[],
  deps: DrawDeps,
): Promise<DrawnPlan> {
  const resolved = await resolveSource(source, { builder: request.builder, objects }, deps);
  if (resolved.kind === 'records' && resolved.settings.unit === 'trajectory') {
    refuseConversations(request.dataset.formats);
  }
  const drawn = { resolved, ...(await cutResolved(request, { source, resolved }, deps)) };
  const { place, ceilings } = deps;
  const estimate = place && ceilings && (await estimateDrawn(request, source, drawn, { ...deps, place, ceilings }));
  return { ...drawn, estimate };
}

async function cutResolved(
  { limits, builder }: Request,
  { source: { cut }, resolved }: { readonly source: TraceSource; readonly resolved: ResolvedSource },
  deps: DrawDeps,
): Promise<Pick<CutRun, 'shards' | 'grouping'>> {
  if (resolved.kind === 'records') return cutSource(resolved, { limits, cut }, deps);
  const cutting = { shardBytes: limits.shard_bytes, cut: cut && mayBeCut(builder) };
  const shards = belowCeiling(cutShards(resolved.objects, cutting, deps), 'shards', deps);
  return { shards: await Array.fromAsync(shards), grouping: [] };
}

/** Throws SourceTooLarge for a run that cannot end. */
export async function estimateDrawn(
  request: Request,
  source: TraceSource,
  drawn: CutRun,
  deps: EstimateDeps,
): Promise<TracesEstimate> {
  const { place, ceilings } = deps;
  const cut = describeCut(drawn, { ...request, source });
  requireEnd(drawn, cut);
  const sample = await sampleRun(request, drawn, deps);
  return estimateRun(request, cut, sample, { place, ceilings, maxConcurrency: maxConcurrencyOf(request.limits, deps) });
}
