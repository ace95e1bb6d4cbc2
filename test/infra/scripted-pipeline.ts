import * as z from 'zod';
import { forFailState, RecordFailureInput, type RecordFailureOutput } from '../../lib/contract/failure.ts';
import { plainCause } from '../../lib/contract/failure-cause.ts';
import type { Step } from '../../lib/contract/steps.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { type Handler, type RunEvent, type RunResult, stateMachine } from '../support/asl/asl-runner.ts';
import { memoryStore } from '../support/memory-store.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';

/** The pipeline with steps that only note what they were given, and answer as a script has it. */

export const planned = {
  run_id: 'run-1',
  status: 'planned',
  plan: { bucket: 'collections', key: 'runs/run-1/plan.json' },
  shards: 3,
  max_concurrency: 1,
  datasets: 'none',
};

/** Of a source whose groups lie apart. */
export const scattered = {
  ...planned,
  status: 'scattered',
  grouping: { key: 'runs/run-1/grouping-tasks.json', tasks: 2 },
};

/** Of a live workflow, which is asked first. */
export const asking = {
  ...planned,
  status: 'workflow',
  workflow: { key: 'runs/run-1/batches.json', batches: 2, examples: 4, max_concurrency: 1 },
};

export const committed = { status: 'committed', run_id: 'run-1', train: false };

const unasked = { run_id: 'run-1', done: false };

export const next = (next: string) => ({ run_id: 'run-1', training: { next, wait_seconds: 1 } });

/** What each step answers where a test says nothing else: traces that stand there, no training. */
const ANSWERS = {
  Evaluate: async () => planned,
  RunWorkflow: async () => ({ ...unasked, done: true }),
  PlanTraces: async () => planned,
  GroupCandidates: async () => ({}),
  BuildShard: async () => ({}),
  Choose: async () => ({ run_id: 'run-1', pairs: 4 }),
  WriteDatasets: async () => ({}),
  Finalize: async () => committed,
  SubmitTraining: async () => next('check'),
  CheckTraining: async () => next('deploy'),
  DeployModel: async () => next('done'),
  RecordFailure: async (payload) => {
    const { failure } = RecordFailureInput.parse(payload).failed;
    const said = forFailState({ ...failure, Cause: plainCause(failure.Cause) });
    return { failure: said, recorded: null } satisfies RecordFailureOutput;
  },
} satisfies Record<Step, Handler>;

export type Script = Partial<Record<Step, Handler>>;

/** The longest way: a workflow asked in two rounds a batch, its traces, datasets, and training until the model is deployed. */
export const LONGEST = {
  ...ANSWERS,
  Evaluate: async () => asking,
  RunWorkflow: async (payload) => {
    const { batch, tried = 0 } = z.object({ batch: z.unknown(), tried: z.number().optional() }).parse(payload);
    return { run_id: 'run-1', batch, tried: tried + 1, done: tried > 0 };
  },
  PlanTraces: async () => ({ ...planned, datasets: 'files' }),
  Finalize: async () => ({ ...committed, train: true }),
  DeployModel: async (payload) => {
    const { training } = z.object({ training: z.object({ next: z.string() }) }).parse(payload);
    return next(training.next === 'deploy' ? 'deploying' : 'done');
  },
} satisfies Record<Step, Handler>;

export interface ScriptedRun {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly calls: readonly { readonly step: string; readonly payload: unknown }[];
  readonly store: ObjectStore;
}

const machine = stateMachine(PIPELINE);

/** `faults` makes the one bucket misbehave towards the state machine's own S3 tasks. */
export async function runPipeline(
  script: Script,
  input: unknown = {},
  faults: (store: ObjectStore) => ObjectStore = (store) => store,
): Promise<ScriptedRun> {
  const store = memoryStore('collections');
  await store.create('runs/run-1/plan.json', json([{ ordinal: 0 }, { ordinal: 1 }, { ordinal: 2 }]));
  await store.create('runs/run-1/grouping-tasks.json', json([4, 5]));
  await store.create('runs/run-1/batches.json', json([{ ordinal: 0 }, { ordinal: 1 }]));
  const faulty = faults(store);
  const calls: { step: string; payload: unknown }[] = [];
  const events: RunEvent[] = [];
  const handlers = Object.entries({ ...ANSWERS, ...script }).map(([step, answer]: [string, Handler]) => {
    const noted: Handler = (payload) => {
      calls.push({ step, payload });
      return answer(payload);
    };
    return [step, noted] as const;
  });
  const result = await machine({
    input,
    handlers: Object.fromEntries(handlers),
    executionName: 'execution-1',
    storeOf: () => faulty,
    maxConcurrency: 8,
    waits: 'skipped',
    onEvent: (event) => events.push(event),
  });
  return { result, events, calls, store };
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
