import { FinalizeInput } from '../lib/contract/states.ts';
import { finalize } from '../lib/stages/finalize/finalize.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed('finalize', async (event) => finalize(FinalizeInput.parse(event), deps));
