import * as z from 'zod';
import { ChooseInput } from '../lib/contract/states.ts';
import { choose } from '../lib/stages/choose.ts';
import { CHOOSE_MEMORY_MB, roomToChoose } from './memory.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

/** Lambda sets it, in MB. */
const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryMb } = z
  .object({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().default(CHOOSE_MEMORY_MB.least) })
  .parse(process.env);

const memoryBytes = roomToChoose(memoryMb);

export const handler = observed('choose', async (event) => choose(ChooseInput.parse(event), { ...deps, memoryBytes }));
