import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';

/** What the stack sets for a function, each of which reads its own, and what Lambda sets. */
export const FUNCTION_ENVIRONMENT = {
  TRACES_BUCKET: 'traces',
  TRACES_PREFIX: 'traces/',
  REQUESTS_FROM_UPLOADS: 'restricted',
  COLLECTIONS_BUCKET: 'collections',
  STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Machine',
  CODE_VERSION: '0.0.0',
  CHOOSE_MEMORY_MB: '3008',
  ALLOWED_ENDPOINTS: '[]',
  CEILINGS: JSON.stringify(DEFAULT_CEILINGS),
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  LAMBDA_TASK_ROOT: '/var/task',
};
