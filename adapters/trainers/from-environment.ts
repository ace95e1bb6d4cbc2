import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import { AllowedEndpoints } from '../http/guard.ts';
import { wayOutOfAws } from '../http/way-out.ts';
import { s3Client, s3Store } from '../s3/s3-store.ts';
import { trainers } from './trainers.ts';

/** What the stack gives the training functions. */
const Environment = z.object({ COLLECTIONS_BUCKET: z.string().min(1), ALLOWED_ENDPOINTS: AllowedEndpoints });

/** The training steps' dependencies inside a Lambda function, made once. */
export function trainingFromEnvironment(environment: unknown): TrainingDeps {
  const { COLLECTIONS_BUCKET: bucket, ALLOWED_ENDPOINTS: allowedOrigins } = Environment.parse(environment);
  const collections = s3Store(s3Client(), bucket);
  const trainer = trainers({
    collections,
    location: { bucket, prefix: '' },
    ...wayOutOfAws(allowedOrigins),
    events: () => new EventBridgeClient({}),
  });
  return { collections, now: () => new Date(), trainer };
}
