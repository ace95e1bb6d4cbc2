import * as z from 'zod';
import { PipelineError } from '../../../lib/errors.ts';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { GET_OBJECT, LAMBDA, PUT_OBJECT, type States, UnsupportedDefinition } from './asl.ts';
import type { Json } from './asl-templates.ts';

/** A Lambda function's handler. */
export type Handler = (payload: unknown) => Promise<unknown>;

/** What tasks work on. */
export interface TaskResources {
  /** Handlers by their function's ARN, or what stands for it in the definition. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The store behind a bucket's name. */
  readonly storeOf: (bucket: string) => ObjectStore;
}

/** A task: its evaluated Parameters in, its result out. */
export type Task = (parameters: Json) => Promise<Json>;

/** The task states' work by state name. Throws {@link UnsupportedDefinition} where a function has no handler. */
export function localTasks(states: States, { handlers, storeOf }: TaskResources): Record<string, Task> {
  const tasks: Record<string, Task> = {};
  for (const [name, state] of Object.entries(states)) {
    if (state.Type !== 'Task') continue;
    if (state.Resource === LAMBDA) {
      const { FunctionName } = state.Parameters;
      const handler = handlers[FunctionName];
      if (!handler) throw new UnsupportedDefinition(`No handler was given for ${FunctionName}, which ${name} invokes.`);
      tasks[name] = (parameters) => invoke(handler, parameters);
    }
    if (state.Resource === GET_OBJECT) tasks[name] = (parameters) => getObject(storeOf, parameters);
    if (state.Resource === PUT_OBJECT) tasks[name] = (parameters) => putObject(storeOf, parameters);
  }
  return tasks;
}

const Invocation = z.object({ Payload: z.json().default({}) });

async function invoke(handler: Handler, parameters: Json): Promise<Json> {
  const { Payload: payload } = Invocation.parse(parameters);
  let result: unknown;
  try {
    result = await handler(structuredClone(payload));
  } catch (thrown) {
    throw asLambdaTells(thrown);
  }
  return withinLimit({ StatusCode: 200, Payload: z.json().parse(JSON.parse(JSON.stringify(result ?? null))) });
}

/** The error's own name for Retry and Catch to match, and Lambda's JSON for a Cause, but for the stack. */
function asLambdaTells(thrown: unknown): Error {
  const { name, message: own } = thrown instanceof Error ? thrown : new Error(String(thrown));
  // What a function lets out.
  const message = thrown instanceof PipelineError ? thrown.inLogs : own;
  return named(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }), thrown);
}

const At = z.strictObject({ Bucket: z.string(), Key: z.string() });

async function getObject(storeOf: TaskResources['storeOf'], parameters: Json): Promise<Json> {
  const { Bucket, Key } = At.parse(parameters);
  return withinLimit({ Body: new TextDecoder().decode(await readAll(storeOf(Bucket), Key)) });
}

async function putObject(storeOf: TaskResources['storeOf'], parameters: Json): Promise<Json> {
  const { Bucket, Key, Body } = At.extend({ Body: z.json() }).parse(parameters);
  const body = new TextEncoder().encode(JSON.stringify(Body));
  await storeOf(Bucket).write(Key, once(body));
  return {};
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

/** Bytes of JSON that a state may take or give. */
const STATE_BYTES = 262_144;

/** The value, where Step Functions would pass it on; it fails an execution, past all Retry and Catch, for a larger one. */
export function withinLimit(value: Json): Json {
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  if (bytes <= STATE_BYTES) return value;
  throw final('States.DataLimitExceeded', `${bytes} bytes of JSON are more than a state's ${STATE_BYTES}.`);
}

export function named(name: string, message: string, cause?: unknown): Error {
  const error = new Error(message, { cause });
  error.name = name;
  return error;
}

/** An error that no Retry and no Catch takes: these two are what the interpreter asks an error for. */
export const final = (name: string, message: string): Error =>
  Object.assign(named(name, message), { isRetryable: false, isCatchable: false });
