import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, pythonOf } from '../python.ts';
import { type ServerProcess, startProcess } from './server-process.ts';

const REQUIREMENTS = [
  'localstack-core[runtime]==4.14.0',
  // It names no highest version of these, and later ones lack what it imports.
  ...['cryptography<44', 'pyOpenSSL<24.3', 'cbor2<6', 'service_identity<24.3'],
];

/** The Python that has LocalStack, and cfn-lint with it. */
export const localStackPython = async (): Promise<string> =>
  pythonOf({ name: 'localstack', requirements: REQUIREMENTS, interpreter: await findPython('3.13') });

/** LocalStack's S3, Step Functions, EventBridge and SQS, without Docker. Its Step Functions call Lambda at `lambdaEndpoint`. */
export async function startLocalStack(lambdaEndpoint = 'http://127.0.0.1:9'): Promise<ServerProcess> {
  const python = await localStackPython();
  const folder = await mkdtemp(join(tmpdir(), 'localstack-'));
  const server = await startProcess({
    command: python,
    args: () => [fileURLToPath(new URL('python/start_localstack.py', import.meta.url))],
    env: (port) => ({
      // It removes its temporary folder when it ends: by default several of it share one.
      ...{ FILESYSTEM_ROOT: folder, TMPDIR: folder },
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LAMBDA_ENDPOINT: lambdaEndpoint,
      SERVICES: 's3,stepfunctions,sts,events,iam,sqs',
      // Nothing outside of this machine.
      ...{ DISABLE_EVENTS: '1', SKIP_SSL_CERT_DOWNLOAD: '1', DNS_ADDRESS: '0' },
    }),
    answers: async (endpoint) => (await fetch(`${endpoint}/_localstack/health`)).ok,
  });
  return {
    ...server,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
