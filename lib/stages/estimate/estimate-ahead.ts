import type { Estimate } from '../../contract/estimate.ts';
import type { Request } from '../../contract/request.ts';
import { drawPlan, type EstimateDeps, estimateDrawn } from '../draw-plan.ts';
import { estimateAsking } from '../evaluate-workflow.ts';
import { findTraces } from '../find-traces.ts';
import { type RefuseDeps, refuseSettings } from '../refuse-settings.ts';

/** What Evaluate would put into the plan, or refuse, without a run: nothing is written. */
export async function estimateAhead(request: Request, deps: EstimateDeps & RefuseDeps): Promise<Estimate> {
  refuseSettings(request, deps);
  const { source } = request;
  if ('workflow' in source) return estimateAsking(source.workflow, deps);
  const { objects } = await findTraces(source, deps);
  const drawn = await drawPlan(request, source, objects, { ...deps, place: undefined });
  return estimateDrawn(request, source, drawn, deps);
}
