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
  fix: 'A function was killed, most likely because it had too little memory; its log says more.',
  next: 'again',
};

/** By the errors' names; test/docs/troubleshooting.test.ts holds it against the classes and the page of that name. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  InvalidRequest: { fix: 'Correct the settings that the message names.', next: 'another' },
  RunConflict: { fix: 'The run id is taken.', next: 'another' },
  CeilingExceeded: { fix: 'Ask for less, or have the ceiling that the message names raised.', next: 'another' },
  NoTraces: { fix: 'Put readable traces where source.traces points.', next: 'again' },
  NoCandidates: { fix: 'Change the setting, or the evaluation, that the message names.', next: 'another' },
  TooManyRejected: {
    fix: 'Fix the traces that rejected.jsonl names, or raise limits.max_rejected_fraction.',
    next: 'another',
  },
  IncompleteInput: {
    fix: 'Give the whole file that the message names, or set limits.allow_incomplete to true to use what can be read of it.',
    next: 'another',
  },
  ArrayNotIndented: { fix: 'Set source.cut to false, or write one trace item a line.', next: 'another' },
  NoPairs: { fix: 'Change what the message names, or allow it with limits.allow_empty.', next: 'another' },
  SourceTooLarge: {
    fix: 'Give fewer or smaller files, or change the setting that the message names.',
    next: 'another',
  },
  RepeatedIdsTooLarge: { fix: 'Set builder.compatibility to strict, or split the file.', next: 'another' },
  InputChanged: { fix: 'A trace file was replaced after the run had planned it.', next: 'another' },
  ShardMissing: { fix: 'Part of the work is missing.', next: 'again' },
  ObjectNotFound: { fix: 'Something removes files that the run needs. Find out what it is.', next: 'another' },
  StoreRefused: { fix: 'Fix the credentials, the permissions or the bucket that the message names.', next: 'again' },
  StoreUnavailable: { fix: 'The store did not answer after several tries: wait until it does.', next: 'again' },
  CorruptObject: {
    fix: 'A file of the run differs from what this version writes: it was changed, or another version started the run.',
    next: 'another',
  },
  LeakingDataset: {
    fix: 'This is a defect of the pipeline; nothing was committed. Please report it.',
    next: 'nothing',
  },
  DatasetTooLarge: {
    fix: 'Give the function that chooses more memory (chooseMemory), or ask for no dataset: dataset.formats [].',
    next: 'again',
  },
  GateMissed: {
    fix: 'Give more traces, or lower the threshold of dataset.gate that the message names.',
    next: 'another',
  },
  EmptyDataset: {
    fix: 'Change dataset.formats, or allow it with limits.allow_empty.',
    next: 'another',
  },
  WorkerDied: {
    fix: 'A thread of this process ended, perhaps because it had too little memory: give it less to do at once (--concurrency, --shard-bytes).',
    next: 'again',
  },
  AnswersMissing: { fix: "Some of the workflow's answers are missing.", next: 'another' },
  WorkflowFailed: {
    fix: 'Fix the workflow, or set source.workflow.continue_on_collection_error in another run.',
    next: 'again',
  },
  EndpointRefused: {
    fix: "List the endpoint, or what the message names of it, in the stack's allowedEndpoints.",
    next: 'again',
  },
  SecretUnavailable: {
    fix: "Store the secret, and bind it to the endpoint in the stack's allowedEndpoints.",
    next: 'again',
  },
  TrainerUnavailable: { fix: 'The trainer did not answer after several tries: wait until it does.', next: 'again' },
  TrainerRefused: {
    fix: 'Fix what the trainer refuses: the credentials, or a name that it does not know.',
    next: 'again',
  },
  TrainingSubmitPending: { fix: 'Another execution is submitting the job: wait a few minutes.', next: 'again' },
  TrainingFailed: { fix: "The dataset is committed; the trainer's own log says why the job failed.", next: 'another' },
  TrainingCanceled: { fix: 'The dataset is committed; the job was canceled at the trainer.', next: 'another' },
  TrainingLost: { fix: 'The job may still be running: look at the trainer.', next: 'again' },
  DeploymentFailed: { fix: 'The model is trained; the trainer says why it cannot be deployed.', next: 'again' },
  DeploymentTimedOut: {
    fix: 'The model is trained, and the deployment may still succeed: look at the trainer.',
    next: 'again',
  },
  ABORTED: { fix: 'Its log ends with the state that it was in.', next: 'again' },
  TIMED_OUT: { fix: 'Its log ends with the state that it was in: see what it was waiting for.', next: 'again' },
  'States.Timeout': {
    fix: 'A step was cut off. Give it less to do: a smaller limits.shard_bytes, or JSON lines in place of an array that cannot be cut.',
    next: 'again',
  },
  'Sandbox.Timedout': {
    fix: 'A function was cut off after 15 minutes. Give it less to do: a smaller limits.shard_bytes, or JSON lines in place of an array that cannot be cut.',
    next: 'again',
  },
  'Runtime.OutOfMemory': KILLED_FUNCTION,
  'Runtime.ExitError': KILLED_FUNCTION,
  'Lambda.Unknown': KILLED_FUNCTION,
  'Lambda.TooManyRequestsException': {
    fix: 'Lambda could not run the step for 33 hours: ask AWS for more concurrent executions, or lower limits.max_concurrency.',
    next: 'again',
  },
  [STEP_FUNCTIONS_ERROR]: { fix: "The message begins with Step Functions' own name for the error.", next: 'again' },
  'States.ItemReaderFailed': {
    fix: 'The state machine could not read plan.json or batches.json: give its role access to them.',
    next: 'again',
  },
  'States.ExceedToleratedFailureThreshold': {
    fix: 'A shard or batch failed and could not leave its error: the map run shows it.',
    next: 'again',
  },
};

const SMALLER_SHARDS: Advice = {
  fix: 'Give a function less to do at once: a smaller limits.shard_bytes, or JSON lines in place of an array that cannot be cut.',
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
    `Then start the run again under the same id (on AWS: dpo redrive ${execution}): it keeps what was built.`,
  // A run id keeps its request and its traces.
  another: () => 'Then start another run, under another id.',
  nothing: () => '',
} as const;
