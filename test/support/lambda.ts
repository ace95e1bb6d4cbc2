import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { format } from 'node:util';
import { vi } from 'vitest';
import * as z from 'zod';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { type Handler, type RunResult, stateMachine } from './asl/asl-runner.ts';
import { FUNCTION_ENVIRONMENT } from './function-environment.ts';
import { contextOf } from './lambda-context.ts';
import { FUNCTIONS } from './lambda-functions.ts';
import { PIPELINE } from './pipeline-definition.ts';
import { clientOf } from './s3-client.ts';
import { type S3Server, startS3Server } from './s3-server.ts';

/** The real handlers as Lambda runs them, with S3, Secrets Manager and X-Ray's daemon over the network. */
export interface Lambda {
  readonly s3: S3Server;
  /** A run, from the input of its execution. */
  execute(executionName: string, input: unknown): Promise<RunResult>;
  /** One call of a step's function. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** All that was logged since the last time: by the functions, and by Lambda of the errors that they threw. */
  logged(): string;
  /** All that X-Ray's daemon has got since the last time. */
  traced(): string;
  close(): Promise<void>;
}

export interface LambdaOptions {
  /** By ARN. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly allowedEndpoints: readonly object[];
  /** X-Ray traces the invocations. */
  readonly sampled: boolean;
}

/** Its environment is the process's, from now until it is closed: at most one at a time, before any handler is loaded. */
export async function startLambda({ secrets, allowedEndpoints, sampled }: LambdaOptions): Promise<Lambda> {
  const s3 = await startS3Server();
  s3.createBucket('traces', { versioned: true });
  s3.createBucket('collections', { versioned: true });
  const secretsManager = await startSecretsManager(secrets);
  const daemon = await startDaemon();
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  }
  for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation((...words) => void written.push(`${format(...words)}\n`));
  }
  const environment = {
    ...FUNCTION_ENVIRONMENT,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    _X_AMZN_TRACE_ID: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=${sampled ? 1 : 0}`,
    ALLOWED_ENDPOINTS: JSON.stringify(allowedEndpoints),
    CEILINGS: JSON.stringify({ ...DEFAULT_CEILINGS, minShardBytes: 1024 }),
    POWERTOOLS_SERVICE_NAME: 'under-test',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const handlers = await loadHandlers((line) => written.push(line));
  // What the state machine itself reads and writes.
  const client = clientOf(s3);
  const run = stateMachine(PIPELINE);
  return {
    s3,
    execute: (executionName, input) =>
      run({
        ...{ input, executionName, handlers, maxConcurrency: 4, waits: 'skipped' },
        storeOf: (bucket) => s3Store(client, bucket),
      }),
    invoke: async (name, event) => handlers[name]?.(event),
    logged: () => written.splice(0).join(''),
    traced: daemon.received,
    async close() {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
      daemon.close();
      client.destroy();
      await Promise.all([secretsManager.close(), s3.close()]);
    },
  };
}

async function loadHandlers(log: (line: string) => void): Promise<Record<string, Handler>> {
  const loaded = Object.entries(FUNCTIONS).map(async ([name, load]): Promise<[string, Handler]> => {
    const { handler } = await load();
    const logged: Handler = async (event) => {
      try {
        return await handler(event, contextOf(name));
      } catch (error) {
        log(`${asLambdaLogs(error)}\n`);
        throw error;
      }
    };
    return [name, logged];
  });
  return Object.fromEntries(await Promise.all(loaded));
}

/** Lambda's own line for an error that a handler throws: all of its enumerable properties, and the stack. */
function asLambdaLogs(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name: errorType, message: errorMessage, stack } = error;
  return `ERROR\tInvoke Error\t${JSON.stringify({ errorType, errorMessage, ...error, stack: stack?.split('\n') })}`;
}

async function startSecretsManager(secrets: LambdaOptions['secrets']) {
  const server = createServer(async (request, response) => {
    const { SecretId } = z.object({ SecretId: z.string() }).parse(await json(request));
    const SecretString = secrets[SecretId];
    const found =
      SecretString === undefined ? { __type: 'ResourceNotFoundException' } : { ARN: SecretId, SecretString };
    response.writeHead(SecretString === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(found));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

async function startDaemon() {
  const socket = createSocket('udp4');
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(message.toString()));
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    received: () => messages.splice(0).join('\n'),
    close: () => socket.close(),
  };
}
