import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** What a stack says of a function. */
export interface HostedFunction {
  readonly name: string;
  /** The file that its code is in. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Lambda's Invoke, for programs that call it: each function in processes of its own, as many as are called at once, with
 * its own environment and nothing else.
 */
export interface LambdaHost {
  readonly endpoint: string;
  /** One call, as Lambda makes it of what comes from a queue: the function's answer. */
  call(name: string, event: object): Promise<unknown>;
  /** A function that it has from now on, in the place of the one that it gives. */
  deploy(deployed: HostedFunction): HostedFunction;
  /** So many calls are taken at once; Lambda turns others away. */
  allow(atOnce: number): void;
  /** Ends the processes of the function, in the middle of what they do. */
  kill(name: string): void;
  /** Names of the functions called, in the order of their calls. */
  readonly calls: string[];
  /** How many calls were turned away. */
  throttled(): number;
  /** What the functions logged, the end of it. */
  logged(): string;
  close(): Promise<void>;
}

export async function startLambdaHost(): Promise<LambdaHost> {
  const functions = new Map<string, HostedFunction>();
  const processes = new Map<string, Sandbox[]>();
  const all: Sandbox[] = [];
  const calls: string[] = [];
  let [room, underWay, throttled, logged] = [Number.POSITIVE_INFINITY, 0, 0, ''];
  const log = (text: string): void => {
    logged = (logged + text).slice(-50_000);
  };

  const sandboxOf = (deployed: HostedFunction): Sandbox => {
    const warm = processes.get(deployed.name) ?? [];
    processes.set(deployed.name, warm);
    const idle = warm.find(({ busy, child }) => !busy && child.exitCode === null && child.signalCode === null);
    if (idle) return idle;
    const sandbox = startSandbox(deployed, log);
    warm.push(sandbox);
    all.push(sandbox);
    return sandbox;
  };

  const server = createServer(async (request, response) => {
    const [, arn = ''] = /\/functions\/([^/]+)\/invocations$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const name = arn.replace(/^.*:/, '');
    const event = await json(request);
    const deployed = functions.get(name);
    if (!deployed) return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${arn}`);
    if (underWay >= room) {
      throttled += 1;
      return refuse(response, 429, 'TooManyRequestsException', 'Rate Exceeded.');
    }
    underWay += 1;
    calls.push(name);
    const answer = await invoke(sandboxOf(deployed), event);
    underWay -= 1;
    const failed = 'error' in answer;
    response.writeHead(200, {
      'content-type': 'application/json',
      ...{ 'x-amz-executed-version': '$LATEST', 'x-amzn-requestid': randomUUID() },
      ...(failed && { 'x-amz-function-error': 'Unhandled' }),
    });
    response.end(JSON.stringify(failed ? answer.error : answer.value));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    call: async (name, event) => {
      const deployed = functions.get(name);
      if (!deployed) throw new Error(`Function not found: ${name}`);
      calls.push(name);
      const answer = await invoke(sandboxOf(deployed), event);
      if ('error' in answer) throw new Error(`${name}: ${answer.error.errorMessage}`);
      return answer.value;
    },
    deploy: (deployed) => {
      const before = functions.get(deployed.name) ?? deployed;
      functions.set(deployed.name, deployed);
      processes.delete(deployed.name);
      return before;
    },
    allow: (atOnce) => {
      room = atOnce;
    },
    kill: (name) => {
      for (const { child } of processes.get(name) ?? []) child.kill('SIGKILL');
    },
    calls,
    throttled: () => throttled,
    logged: () => logged,
    close: async () => {
      for (const { child } of all) child.kill('SIGKILL');
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Sandbox {
  readonly child: ChildProcess;
  busy: boolean;
}

const WORKER = fileURLToPath(new URL('lambda-worker.ts', import.meta.url));

function startSandbox({ name, bundle, environment }: HostedFunction, log: (text: string) => void): Sandbox {
  const child = fork(WORKER, [bundle, name], { env: { ...environment }, execArgv: [], stdio: 'pipe' });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', log);
  return { child, busy: false };
}

const Answer = z.union([
  z.object({ value: z.unknown() }).strict(),
  z.object({ error: z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()) }) }),
]);
type Answer = z.infer<typeof Answer>;

function invoke(sandbox: Sandbox, event: unknown): Promise<Answer> {
  const { child } = sandbox;
  sandbox.busy = true;
  return new Promise((resolve) => {
    const over = (answer: Answer): void => {
      child.removeAllListeners('message').removeAllListeners('exit');
      sandbox.busy = false;
      resolve(answer);
    };
    child.once('message', (message) => over(Answer.parse(message)));
    child.once('exit', (code, signal) => over({ error: exitError(code, signal) }));
    child.send(Object(event));
  });
}

/** What Lambda says of a process that ended in the middle of a call: of one out of memory the same. */
const exitError = (code: number | null, signal: NodeJS.Signals | null) => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ${randomUUID()} Error: Runtime exited with error: ${signal === 'SIGKILL' ? 'signal: killed' : `exit status ${code}`}`,
  trace: [],
});

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...{ 'x-amzn-errortype': type, 'x-amzn-requestid': randomUUID() },
  });
  response.end(JSON.stringify({ Type: 'User', message }));
}
