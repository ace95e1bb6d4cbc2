import { STEP_FUNCTIONS_ERROR } from './failure.ts';
import { isKilled } from './killed-function.ts';
import type { Step } from './steps.ts';

/**
 * What a person does about the error that ended a run. `execution`: its Step Functions execution, by which `dpo redrive`
 * finds it. `step`: the one that failed, where that is known.
 */
export function whatToDo(error: string, execution: string, step?: Step): string {
  const more = step && isKilled(error) ? MORE_ROOM[step] : undefined;
  const { fix, next } = more ?? ADVICE[error] ?? UNKNOWN;
  return `${fix} ${NEXT[next](execution)}`.trim();
}

interface Advice {
  readonly fix: string;
  readonly next: keyof typeof NEXT;
}

const KILLED_FUNCTION = 'A function was killed, most likely by too little memory; its log says more.';
const CUT_OFF_STEP =
  'A step was cut off. If that repeats, start another run with a smaller limits.shard_bytes, or with JSON lines, which can be cut.';

/** By what comes next, and by the errors' names: what happened, and the cure. */
const FIXES: Readonly<Record<keyof typeof NEXT, Readonly<Record<string, string>>>> = {
  another: {
    InvalidRequest: 'A setting is wrong: correct those that the message names.',
    RunConflict: 'Another request, other traces or another version began this run.',
    CeilingExceeded: 'The run may cost too much: ask for less, or raise the ceiling of the stack.',
    NoCandidates: 'No record gave a candidate: change the setting or evaluation that the message names.',
    TooManyRejected: 'Too many unreadable records: fix those in rejected.jsonl, or raise limits.max_rejected_fraction.',
    IncompleteInput:
      'A file ends too early: give the whole file, or set limits.allow_incomplete to use what can be read.',
    ArrayNotIndented: 'An array cannot be cut: set source.cut to false, or write one item a line.',
    NoPairs: 'No two candidates make a pair: change what the message names, or set limits.allow_empty.',
    SourceTooLarge:
      'One task must hold too much: give fewer or smaller objects, or change the setting that the message names.',
    RepeatedIdsTooLarge: 'Repeated ids are too large for nat: set builder.compatibility to strict, or split the file.',
    InputChanged: 'A trace file was replaced during the run.',
    ObjectNotFound: 'Something removes objects of the run: find out what.',
    CorruptObject: 'An object of the run was changed, or another version began the run.',
    GateMissed: 'The dataset misses dataset.gate: give more traces, or lower the threshold.',
    EmptyDataset: 'A format has no line: change dataset.formats, or set limits.allow_empty.',
    AnswersMissing: "Some of the workflow's answers are missing.",
    TrainingFailed: "The dataset is committed; the trainer's log says why the job failed.",
    TrainingCanceled: 'The dataset is committed; somebody canceled the job.',
  },
  again: {
    NoTraces: 'Nothing that can be read is at source.traces: put traces there.',
    ShardMissing: 'Part of the work is missing.',
    StoreRefused: 'Fix the credentials, permissions or bucket that the message names.',
    StoreUnavailable: 'The service did not answer after several tries: wait until it does.',
    DatasetTooLarge:
      'Too many pairs for the memory of Choose: raise chooseMemory, or finish with dpo run on a larger machine.',
    WorkerDied: 'A thread ended, perhaps from too little memory: use a smaller --concurrency or --shard-bytes.',
    WorkflowFailed:
      'An example got no answer: fix the workflow, or set source.workflow.continue_on_collection_error in another run.',
    EndpointRefused:
      'Nothing may be sent there: add the entry of allowedEndpoints, or on this machine the flag, that the message names.',
    SecretUnavailable:
      'The secret is missing or unreadable: store it, and bind it to the endpoint in allowedEndpoints.',
    TrainerUnavailable: 'The service did not answer after several tries: wait until it does.',
    TrainerRefused: 'The trainer refuses a name or the credentials: fix them.',
    TrainingSubmitPending: 'Another execution is asking for the job: wait some minutes.',
    TrainingLost: "The job's status is unreadable, and it may still run.",
    DeploymentFailed: 'The model is trained; the trainer says why it cannot be deployed.',
    DeploymentTimedOut: 'The model is trained, and may still be deployed.',
    ABORTED: 'Somebody stopped the execution.',
    TIMED_OUT: 'The execution was not over in its time: its log ends with what it was waiting for.',
    'States.Timeout': CUT_OFF_STEP,
    'Sandbox.Timedout': CUT_OFF_STEP,
    'Runtime.OutOfMemory': KILLED_FUNCTION,
    'Runtime.ExitError': KILLED_FUNCTION,
    'Lambda.Unknown': KILLED_FUNCTION,
    'Lambda.TooManyRequestsException':
      'Lambda had no room for 33 hours: raise the quota, or lower limits.max_concurrency.',
    [STEP_FUNCTIONS_ERROR]: "The message begins with Step Functions' own name for the error.",
    'States.ItemReaderFailed': 'The role of the state machine cannot read plan.json or batches.json.',
    'States.ExceedToleratedFailureThreshold': 'A shard or batch could not leave its error: the map run shows it.',
  },
  nothing: {
    LeakingDataset: 'Nothing was committed. Please report it.',
  },
};

/** The same by the errors' names alone. docs/operations.md shows it (`npm run docs`). */
export const ADVICE: Readonly<Record<string, Advice>> = Object.fromEntries(
  (['another', 'again', 'nothing'] as const).flatMap((next) =>
    Object.entries(FIXES[next]).map(([error, fix]) => [error, { fix, next }]),
  ),
);

const SMALLER_SHARDS: Advice = {
  fix: 'Give a function less at once: a smaller limits.shard_bytes, or JSON lines in place of an array that cannot be cut.',
  next: 'another',
};

/** After a step's function ran out of memory. */
const MORE_ROOM: Readonly<Partial<Record<Step, Advice>>> = {
  GroupCandidates: SMALLER_SHARDS,
  BuildShard: SMALLER_SHARDS,
  WriteDatasets: SMALLER_SHARDS,
  Choose: { fix: 'Deploy with more memory for the function that chooses (chooseMemory, in MB).', next: 'again' },
  RunWorkflow: { fix: 'Ask fewer examples at once: a smaller source.workflow.batch_size.', next: 'another' },
};

const UNKNOWN: Advice = {
  fix: "This is not an error of the pipeline's own; the log of the state's function says more.",
  next: 'again',
};

const NEXT = {
  again: (execution: string) =>
    `Then start the run again under the same id (on AWS: dpo redrive ${execution}): what is built is kept.`,
  // A run id keeps its request and its traces.
  another: () => 'Then start another run, under another id.',
  nothing: () => '',
} as const;
