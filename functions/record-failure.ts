import { RecordFailureInput } from '../lib/contract/failure.ts';
import { recordFailure } from '../lib/steps/record-failure.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed('record-failure', async (event) =>
  recordFailure(RecordFailureInput.parse(event), deps),
);
