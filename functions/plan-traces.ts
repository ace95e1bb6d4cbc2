import * as z from 'zod';
import { Ceilings } from '../lib/contract/ceilings.ts';
import { jsonVariable } from '../lib/contract/json-variable.ts';
import { PlanTracesInput } from '../lib/contract/workflow.ts';
import { planTraces } from '../lib/stages/plan-traces.ts';
import { planned } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

const { CEILINGS: ceilings } = z.object({ CEILINGS: jsonVariable(Ceilings) }).parse(process.env);

export const handler = observed(
  'plan-traces',
  async (event) => planTraces(PlanTracesInput.parse(event), { ...deps, ceilings }),
  planned,
);
