import * as z from 'zod';
import { ReportedFailure } from '../lib/contract/ended-execution.ts';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import { recordFailure } from '../lib/stages/record-failure.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

// Evaluate's own: both must find the same run for an upload.
const { REQUESTS_FROM_UPLOADS: requestsFromUploads } = z
  .object({ REQUESTS_FROM_UPLOADS: RequestsFromUploads })
  .parse(process.env);

export const handler = observed('record-failure', async (event) =>
  recordFailure(ReportedFailure.parse(event), { ...deps, requestsFromUploads }),
);
