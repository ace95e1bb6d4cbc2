import { ReportedFailure } from '../lib/contract/ended-execution.ts';
import { recordFailure } from '../lib/steps/record-failure.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed('record-failure', async (event) => recordFailure(ReportedFailure.parse(event), deps));
