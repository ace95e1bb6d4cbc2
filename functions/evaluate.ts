import { EvaluateInput } from '../lib/contract/states.ts';
import { evaluate } from '../lib/steps/evaluate.ts';
import { deps } from './runtime.ts';

export const handler = async (event: unknown) => evaluate(EvaluateInput.parse(event), deps);
