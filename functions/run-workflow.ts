import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { wayOutOfAws } from '../adapters/http/way-out.ts';
import { workflowConnector } from '../adapters/http/workflow-client.ts';
import { AllowedEndpoints } from '../lib/contract/allowed-endpoints.ts';
import { jsonVariable } from '../lib/contract/json-variable.ts';
import { RunWorkflowInput } from '../lib/contract/workflow.ts';
import { runWorkflow } from '../lib/stages/run-workflow.ts';
import { batchAsked } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

const { ALLOWED_ENDPOINTS: allowed } = z
  .object({ ALLOWED_ENDPOINTS: jsonVariable(AllowedEndpoints) })
  .parse(process.env);

const asking = {
  collections: deps.collections,
  connect: workflowConnector(wayOutOfAws(allowed, 'workflow')),
  now: deps.now,
  sleep: async (ms: number) => sleep(ms),
  random: Math.random,
};

export const handler = observed(
  'run-workflow',
  async (event, context) =>
    runWorkflow(RunWorkflowInput.parse(event), { ...asking, remainingMs: () => context.getRemainingTimeInMillis() }),
  batchAsked,
);
