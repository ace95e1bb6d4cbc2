import * as z from 'zod';
import { FinalizeInput } from '../lib/contract/states.ts';
import { finalize } from '../lib/stages/finalize.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

/**
 * 2 GiB of a collection: looked at twice, a minute or two of the function's fifteen. What lies between this and the
 * largest that would still be done in time is there for slow days.
 */
const EXPORTS_ALONE_BYTES = 2 ** 31;

/** Lambda sets it, in MB. */
const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryMb } = z
  .object({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().default(3008) })
  .parse(process.env);

/** 400 MB are for Node, the code and what is on its way from S3 and to it. */
const limits = { exportsAlone: EXPORTS_ALONE_BYTES, memoryBytes: (memoryMb - 400) * 1e6 };

export const handler = observed('finalize', async (event) =>
  finalize(FinalizeInput.parse(event), { ...deps, ...limits }),
);
