import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { AllowedEndpoints } from '../../lib/contract/allowed-endpoints.ts';
import { jsonVariable } from '../../lib/contract/json-variable.ts';
import { refuseUnlistedTraining } from '../../lib/stages/refuse-unlisted.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import { wayOutOfAws } from '../http/way-out.ts';
import { s3Client, s3Store } from '../s3/s3-store.ts';
import { trainers } from './trainers.ts';

/** What the stack gives the training functions. */
const Environment = z.object({
  COLLECTIONS_BUCKET: z.string().min(1),
  ALLOWED_ENDPOINTS: jsonVariable(AllowedEndpoints),
});

/** The training steps' dependencies inside a Lambda function, made once. */
export function trainingFromEnvironment(environment: unknown): TrainingDeps {
  const { COLLECTIONS_BUCKET: bucket, ALLOWED_ENDPOINTS: allowed } = Environment.parse(environment);
  const collections = s3Store(s3Client(), bucket);
  const connect = trainers({
    collections,
    location: { bucket, prefix: '' },
    ...wayOutOfAws(allowed, 'training'),
    events: () => new EventBridgeClient({}),
  });
  return {
    collections,
    now: () => new Date(),
    trainer: async (training) => {
      refuseUnlistedTraining(training, allowed);
      return connect(training);
    },
  };
}
