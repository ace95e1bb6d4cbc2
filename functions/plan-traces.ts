import { PlanTracesInput } from '../lib/contract/workflow.ts';
import { planTraces } from '../lib/steps/plan-traces.ts';
import { deps } from './runtime.ts';

export const handler = async (event: unknown) => planTraces(PlanTracesInput.parse(event), deps);
