import { PlanTracesInput } from '../lib/contract/workflow.ts';
import { planTraces } from '../lib/stages/plan-traces.ts';
import { planned } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed(
  'plan-traces',
  async (event) => planTraces(PlanTracesInput.parse(event), deps),
  planned,
);
