import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { RunWorkflowInput } from '../lib/contract/workflow.ts';
import { runWorkflow } from '../lib/steps/run-workflow.ts';
import { createHttpClient } from './http/client.ts';
import { AllowedEndpoints } from './http/guard.ts';
import { secretsOnlyTo, workflowConnector } from './http/workflow-client.ts';
import { deps } from './runtime.ts';
import { secretsManager } from './secrets.ts';

const { ALLOWED_ENDPOINTS: allowedOrigins } = z.object({ ALLOWED_ENDPOINTS: AllowedEndpoints }).parse(process.env);

const http = createHttpClient({ policy: { allowedOrigins, allowPrivate: false } });
const asking = {
  collections: deps.collections,
  connect: secretsOnlyTo(allowedOrigins, workflowConnector(http, secretsManager())),
  now: deps.now,
  sleep: async (ms: number) => sleep(ms),
  random: Math.random,
};

export const handler = async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) =>
  runWorkflow(RunWorkflowInput.parse(event), { ...asking, remainingMs: () => context.getRemainingTimeInMillis() });
