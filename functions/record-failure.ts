import * as z from 'zod';
import { ReportedFailure } from '../lib/contract/ended-execution.ts';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import type { Step } from '../lib/contract/steps.ts';
import { recordFailure } from '../lib/stages/record-failure.ts';
import { memoryOf } from './memory.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

// Evaluate's own: both must find the same run for an upload.
const { REQUESTS_FROM_UPLOADS: requestsFromUploads, CHOOSE_MEMORY_MB } = z
  .object({ REQUESTS_FROM_UPLOADS: RequestsFromUploads, CHOOSE_MEMORY_MB: z.coerce.number() })
  .parse(process.env);

const memoryMb = (step: Step) => memoryOf(step, CHOOSE_MEMORY_MB);

export const handler = observed('record-failure', async (event) =>
  recordFailure(ReportedFailure.parse(event), { ...deps, requestsFromUploads, memoryMb }),
);
