import * as z from 'zod';
import { AllowedEndpoints } from '../lib/contract/allowed-endpoints.ts';
import { Ceilings } from '../lib/contract/ceilings.ts';
import { jsonVariable } from '../lib/contract/json-variable.ts';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import { EvaluateInput } from '../lib/contract/states.ts';
import { evaluate } from '../lib/stages/evaluate.ts';
import { planned } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { runPlace } from './run-place.ts';
import { deps } from './runtime.ts';

/** What the stack allows a request. */
const Environment = z.object({
  TRACES_BUCKET: z.string().min(1),
  TRACES_PREFIX: z.string(),
  REQUESTS_FROM_UPLOADS: RequestsFromUploads,
  ALLOWED_ENDPOINTS: jsonVariable(AllowedEndpoints),
  CEILINGS: jsonVariable(Ceilings),
  CHOOSE_MEMORY_MB: z.coerce.number(),
});
const {
  TRACES_BUCKET: bucket,
  TRACES_PREFIX: prefix,
  REQUESTS_FROM_UPLOADS: requestsFromUploads,
  ALLOWED_ENDPOINTS: endpoints,
  CEILINGS: ceilings,
  CHOOSE_MEMORY_MB: chooseMemoryMb,
} = Environment.parse(process.env);

const place = runPlace(chooseMemoryMb);
const evaluating = { ...deps, requestsFromUploads, readable: { bucket, prefix }, endpoints, ceilings, place };

export const handler = observed('evaluate', async (event) => evaluate(EvaluateInput.parse(event), evaluating), planned);
