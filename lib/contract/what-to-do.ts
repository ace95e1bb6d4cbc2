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

const KILLED_FUNCTION: Advice = {
  fix: 'A function was killed, most likely by too little memory; its log says more.',
  next: 'again',
};

const CUT_OFF_STEP: Advice = {
  fix: 'A step was cut off. If that repeats, start another run with a smaller limits.shard_bytes, or with JSON lines, which can be cut.',
  next: 'again',
};

/** By the errors' names: what happened, and the cure. docs/operations.md shows it (`npm run docs`). */
export const ADVICE: Readonly<Record<string, Advice>> = {
  InvalidRequest: { fix: 'A setting is wrong: correct those that the message names.', next: 'another' },
  RunConflict: { fix: 'Another request, other traces or another version began this run.', next: 'another' },
  CeilingExceeded: {
    fix: 'The run may cost too much: ask for less, or raise the ceiling of the stack.',
    next: 'another',
  },
  NoTraces: { fix: 'Nothing that can be read is at source.traces: put traces there.', next: 'again' },
  NoCandidates: {
    fix: 'No record gave a candidate: change the setting or evaluation that the message names.',
    next: 'another',
  },
  TooManyRejected: {
    fix: 'Too many unreadable records: fix those in rejected.jsonl, or raise limits.max_rejected_fraction.',
    next: 'another',
  },
  IncompleteInput: {
    fix: 'A file ends too early: give the whole file, or set limits.allow_incomplete to use what can be read.',
    next: 'another',
  },
  ArrayNotIndented: {
    fix: 'An array cannot be cut: set source.cut to false, or write one item a line.',
    next: 'another',
  },
  NoPairs: {
    fix: 'No two candidates make a pair: change what the message names, or set limits.allow_empty.',
    next: 'another',
  },
  SourceTooLarge: {
    fix: 'One task must hold too much: give fewer or smaller objects, or change the setting that the message names.',
    next: 'another',
  },
  RepeatedIdsTooLarge: {
    fix: 'Repeated ids are too large for nat: set builder.compatibility to strict, or split the file.',
    next: 'another',
  },
  InputChanged: { fix: 'A trace file was replaced during the run.', next: 'another' },
  ShardMissing: { fix: 'Part of the work is missing.', next: 'again' },
  ObjectNotFound: { fix: 'Something removes objects of the run: find out what.', next: 'another' },
  StoreRefused: { fix: 'Fix the credentials, permissions or bucket that the message names.', next: 'again' },
  StoreUnavailable: { fix: 'The service did not answer after several tries: wait until it does.', next: 'again' },
  CorruptObject: { fix: 'An object of the run was changed, or another version began the run.', next: 'another' },
  LeakingDataset: { fix: 'Nothing was committed. Please report it.', next: 'nothing' },
  DatasetTooLarge: {
    fix: 'Too many pairs for the memory of Choose: raise chooseMemory, or finish with dpo run on a larger machine.',
    next: 'again',
  },
  GateMissed: {
    fix: 'The dataset misses dataset.gate: give more traces, or lower the threshold.',
    next: 'another',
  },
  EmptyDataset: {
    fix: 'A format has no line: change dataset.formats, or set limits.allow_empty.',
    next: 'another',
  },
  WorkerDied: {
    fix: 'A thread ended, perhaps from too little memory: use a smaller --concurrency or --shard-bytes.',
    next: 'again',
  },
  AnswersMissing: { fix: "Some of the workflow's answers are missing.", next: 'another' },
  WorkflowFailed: {
    fix: 'An example got no answer: fix the workflow, or set source.workflow.continue_on_collection_error in another run.',
    next: 'again',
  },
  EndpointRefused: {
    fix: 'Nothing may be sent there: add the entry of allowedEndpoints, or on this machine the flag, that the message names.',
    next: 'again',
  },
  SecretUnavailable: {
    fix: 'The secret is missing or unreadable: store it, and bind it to the endpoint in allowedEndpoints.',
    next: 'again',
  },
  TrainerUnavailable: { fix: 'The service did not answer after several tries: wait until it does.', next: 'again' },
  TrainerRefused: { fix: 'The trainer refuses a name or the credentials: fix them.', next: 'again' },
  TrainingSubmitPending: { fix: 'Another execution is asking for the job: wait some minutes.', next: 'again' },
  TrainingFailed: { fix: "The dataset is committed; the trainer's log says why the job failed.", next: 'another' },
  TrainingCanceled: { fix: 'The dataset is committed; somebody canceled the job.', next: 'another' },
  TrainingLost: { fix: "The job's status is unreadable, and it may still run.", next: 'again' },
  DeploymentFailed: { fix: 'The model is trained; the trainer says why it cannot be deployed.', next: 'again' },
  DeploymentTimedOut: { fix: 'The model is trained, and may still be deployed.', next: 'again' },
  ABORTED: { fix: 'Somebody stopped the execution.', next: 'again' },
  TIMED_OUT: {
    fix: 'The execution was not over in its time: its log ends with what it was waiting for.',
    next: 'again',
  },
  'States.Timeout': CUT_OFF_STEP,
  'Sandbox.Timedout': CUT_OFF_STEP,
  'Runtime.OutOfMemory': KILLED_FUNCTION,
  'Runtime.ExitError': KILLED_FUNCTION,
  'Lambda.Unknown': KILLED_FUNCTION,
  'Lambda.TooManyRequestsException': {
    fix: 'Lambda had no room for 33 hours: raise the quota, or lower limits.max_concurrency.',
    next: 'again',
  },
  [STEP_FUNCTIONS_ERROR]: { fix: "The message begins with Step Functions' own name for the error.", next: 'again' },
  'States.ItemReaderFailed': {
    fix: 'The role of the state machine cannot read plan.json or batches.json.',
    next: 'again',
  },
  'States.ExceedToleratedFailureThreshold': {
    fix: 'A shard or batch could not leave its error: the map run shows it.',
    next: 'again',
  },
};

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
