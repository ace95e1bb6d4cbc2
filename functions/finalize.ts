import { FinalizeInput } from '../lib/contract/states.ts';
import { finalize } from '../lib/steps/finalize.ts';
import { deps } from './runtime.ts';

export const handler = async (event: unknown) => finalize(FinalizeInput.parse(event), deps);
