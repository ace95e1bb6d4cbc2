import { EvaluateInput } from '../lib/contract/states.ts';
import { evaluate } from '../lib/steps/evaluate.ts';
import { planned } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed(
  'evaluate',
  async (event, context) =>
    evaluate(EvaluateInput.parse(event), { ...deps, remainingMs: () => context.getRemainingTimeInMillis() }),
  planned,
);
