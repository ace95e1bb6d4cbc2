import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fileStore } from '../../../adapters/files/file-store.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { type Handler, type RunEvent, type RunResult, runStateMachine } from './asl-runner.ts';

export interface Run {
  readonly definition: unknown;
  readonly input?: unknown;
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Objects that stand in the one bucket before the run. */
  readonly objects?: Readonly<Record<string, unknown>>;
  readonly maxConcurrency?: number;
  readonly onEvent?: (event: RunEvent) => void;
}

export interface Ran {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly store: ObjectStore;
}

/** Runs a machine over a fresh directory as its bucket, without waiting where it says Wait or pauses. */
export async function run({
  definition,
  input = {},
  handlers = {},
  objects = {},
  maxConcurrency = 8,
  onEvent = () => {},
}: Run): Promise<Ran> {
  const root = await mkdtemp(join(tmpdir(), 'asl-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const store = fileStore(root);
  for (const [key, value] of Object.entries(objects)) await store.create(key, json(value));
  const events: RunEvent[] = [];
  const result = await runStateMachine({
    definition,
    input,
    handlers,
    executionName: 'execution-1',
    storeOf: () => store,
    maxConcurrency,
    waits: 'skipped',
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  return { result, events, store };
}

export function failure(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** A task that invokes the function of this name with the state's input. */
export const invoke = (functionName: string, rest: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: functionName, 'Payload.$': '$' },
  OutputPath: '$.Payload',
  TimeoutSeconds: 5,
  ...rest,
});

/** A `Retry` for the error of this name, a minute apart. */
export const retryOn = (name: string, MaxAttempts: number) => [
  { ErrorEquals: [name], IntervalSeconds: 60, MaxAttempts },
];

/** A machine of one state. */
export const only = (state: object, rest: object = {}) => ({ StartAt: 'Only', States: { Only: state }, ...rest });

/** A Distributed Map over `plan.json` that invokes Build for each item. */
export const map = (rest: object = {}) => ({
  Type: 'Map',
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSON' },
    Parameters: { Bucket: 'any', Key: 'plan.json' },
  },
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Build',
    States: { Build: invoke('Build') },
  },
  ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'any', Prefix: 'map' } },
  ResultPath: null,
  End: true,
  ...rest,
});

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
