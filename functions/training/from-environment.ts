import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { z } from 'zod';
import type { TrainingDeps } from '../../lib/training/committed-run.ts';
import { createHttpClient } from '../http/client.ts';
import { AllowedEndpoints, guardedAgent } from '../http/guard.ts';
import { s3Client, s3Store } from '../s3-store.ts';
import { secretsManager } from '../secrets.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { trainers } from './trainers.ts';

/** What the stack gives the training functions. */
const Environment = z.object({ COLLECTIONS_BUCKET: z.string().min(1), ALLOWED_ENDPOINTS: AllowedEndpoints });

/** The training steps' dependencies inside a Lambda function, made once. */
export function trainingFromEnvironment(environment: unknown): TrainingDeps {
  const { COLLECTIONS_BUCKET: bucket, ALLOWED_ENDPOINTS: allowedOrigins } = Environment.parse(environment);
  const policy = { allowedOrigins, allowPrivate: false };
  const agent = guardedAgent(policy);
  const collections = s3Store(s3Client(), bucket);
  const trainer = trainers({
    collections,
    location: { bucket, prefix: '' },
    http: createHttpClient({ policy, agent }),
    fetch: guardedFetch(agent),
    secret: secretsManager(),
    events: () => new EventBridgeClient({}),
  });
  return { collections, now: () => new Date(), trainer };
}
