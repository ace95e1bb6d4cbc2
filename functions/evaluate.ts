import * as z from 'zod';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import { EvaluateInput } from '../lib/contract/states.ts';
import { evaluate } from '../lib/stages/evaluate.ts';
import { planned } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

/** What the stack allows a request. */
const Environment = z.object({
  TRACES_BUCKET: z.string().min(1),
  TRACES_PREFIX: z.string(),
  REQUESTS_FROM_UPLOADS: RequestsFromUploads,
});
const {
  TRACES_BUCKET: bucket,
  TRACES_PREFIX: prefix,
  REQUESTS_FROM_UPLOADS: requestsFromUploads,
} = Environment.parse(process.env);

const evaluating = { ...deps, requestsFromUploads, datasets: { bucket, prefix } };

export const handler = observed('evaluate', async (event) => evaluate(EvaluateInput.parse(event), evaluating), planned);
