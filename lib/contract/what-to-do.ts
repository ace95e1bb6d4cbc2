/**
 * What a person does about the error that ended a run. `execution`: its Step Functions execution, by which `dpo redrive`
 * finds it.
 */
export function whatToDo(error: string, execution: string): string {
  const { mend, next } = ADVICE[error] ?? UNKNOWN;
  return `${mend} ${NEXT[next](execution)}`.trim();
}

/** By the errors' names; test/docs/troubleshooting.test.ts holds it against the classes and the page of that name. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  InvalidRequest: { mend: 'Correct the settings that the message names.', next: 'another' },
  RunConflict: { mend: 'The run id is taken.', next: 'another' },
  NoTraces: { mend: 'Put traces where source.traces says.', next: 'again' },
  NoCandidates: { mend: 'Change the setting, or the evaluation, that the message names.', next: 'another' },
  TooManyRejected: {
    mend: 'Mend the traces that rejected.jsonl names, or raise limits.max_rejected_fraction.',
    next: 'another',
  },
  InputChanged: { mend: 'A trace file was replaced after the run had planned it.', next: 'another' },
  ShardMissing: { mend: 'Part of the work is not there.', next: 'again' },
  ObjectNotFound: { mend: 'Something removes objects that the run needs: find out what.', next: 'another' },
  StoreRefused: { mend: 'Mend the credentials, the permissions or the bucket that the message names.', next: 'again' },
  StoreUnavailable: { mend: 'The store did not answer after several tries: wait until it does.', next: 'again' },
  CorruptObject: { mend: 'What stands in the store is not what was written there.', next: 'another' },
  LeakingDataset: {
    mend: 'This is a defect of the pipeline; nothing was committed. Please report it.',
    next: 'nothing',
  },
  DatasetTooLarge: {
    mend: 'Give the function that chooses more memory (finalizeMemory), or ask for no dataset: dataset.formats [].',
    next: 'again',
  },
  GateMissed: {
    mend: 'Give more traces, or lower the threshold of dataset.gate that the message names.',
    next: 'another',
  },
  AnswersMissing: { mend: "Some of the workflow's answers are not there.", next: 'another' },
  WorkflowFailed: {
    mend: 'Mend the workflow, or set source.workflow.continue_on_collection_error in another run.',
    next: 'again',
  },
  EndpointRefused: {
    mend: 'Let the stack reach the endpoint by its origin (allowedEndpoints), or give it a public https address.',
    next: 'again',
  },
  SecretUnavailable: { mend: 'Store the secret, and let the pipeline read it (secretArns).', next: 'again' },
  TrainerUnavailable: { mend: 'The trainer did not answer after several tries: wait until it does.', next: 'again' },
  TrainerRefused: {
    mend: 'Mend at the trainer what it refuses: credentials, or a name it should know.',
    next: 'again',
  },
  TrainingSubmitPending: { mend: 'Another execution is asking for the job: wait some minutes.', next: 'again' },
  TrainingFailed: { mend: "The dataset is committed; the trainer's own log says why the job failed.", next: 'another' },
  TrainingCanceled: { mend: 'The dataset is committed; the job was canceled at the trainer.', next: 'another' },
  TrainingLost: { mend: 'The job may still run: look at the trainer.', next: 'again' },
  DeploymentFailed: { mend: 'The model is trained; the trainer says why it cannot be deployed.', next: 'again' },
  DeploymentTimedOut: { mend: 'The model is trained, and may yet be deployed: look at the trainer.', next: 'again' },
  ABORTED: { mend: 'Its log ends with the state that it was in.', next: 'again' },
  TIMED_OUT: { mend: 'Its log ends with the state that it was in: see what it was waiting for.', next: 'again' },
  'States.Timeout': { mend: 'A step was cut off: limits.shard_bytes may be too large.', next: 'again' },
  'Sandbox.Timedout': {
    mend: 'A function was cut off after 15 minutes: limits.shard_bytes may be too large.',
    next: 'again',
  },
  'Lambda.Unknown': { mend: 'A function was killed, perhaps for want of memory; its log says more.', next: 'again' },
  'States.ItemReaderFailed': {
    mend: 'The state machine could not read plan.json or batches.json: give its role access to them.',
    next: 'again',
  },
  'States.ExceedToleratedFailureThreshold': {
    mend: 'A shard or batch failed and could not leave its error: the map run shows it.',
    next: 'again',
  },
};

interface Advice {
  readonly mend: string;
  readonly next: keyof typeof NEXT;
}

const UNKNOWN: Advice = {
  mend: "This is not an error of the pipeline's own; the log of the state's function says more.",
  next: 'again',
};

const NEXT = {
  again: (execution: string) =>
    `Then start the run again under the same id (on AWS: dpo redrive ${execution}): what is built is kept.`,
  // A run id keeps its request and its traces.
  another: () => 'Then start another run, under another id.',
  nothing: () => '',
} as const;
