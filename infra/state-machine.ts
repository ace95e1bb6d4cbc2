import { EXECUTION_SECONDS } from '../lib/contract/steps.ts';
import type { Machine, States } from './asl.ts';
import { choice, distributedMap, endInFailure, type MapSpec, type Place, step } from './states.ts';

/** The maps, by their Labels. */
export const MAPS = ['RunWorkflow', 'GroupCandidates', 'BuildShards', 'WriteDatasets'] as const;

/**
 * The run as a state machine: the order of tasks that `lib/stages/run-in-order.ts` has elsewhere. A test holds the two
 * equal. From Evaluate to Finalize one document passes from state to state: the run as it was planned.
 */
export const pipelineDefinition = (place: Place): Machine => ({
  Comment: 'Agent traces in, grouped DPO trajectories and metrics out.',
  StartAt: 'Evaluate',
  TimeoutSeconds: EXECUTION_SECONDS,
  States: {
    ...step('Evaluate', { ...EVALUATE, knows: 'started_with', next: 'Evaluated' }, place),
    Evaluated: choice(
      [
        { Variable: '$.status', StringEquals: 'committed', Next: 'Finalize' },
        { Variable: '$.status', StringEquals: 'workflow', Next: 'RunWorkflow' },
        { Variable: '$.status', StringEquals: 'scattered', Next: 'GroupCandidates' },
        { Variable: '$.status', StringEquals: 'passed_over', Next: 'PassedOver' },
      ],
      'BuildShards',
    ),
    ...distributedMap('RunWorkflow', ASK_BATCHES, place),
    ...step('PlanTraces', { ...PLAN_TRACES, payload: OF_RUN, next: 'BuildShards' }, place),
    ...distributedMap('GroupCandidates', GROUP_SLICES, place),
    ...distributedMap('BuildShards', BUILD_SHARDS, place),
    Built: choice([{ Variable: '$.datasets', StringEquals: 'none', Next: 'Finalize' }], 'Choose'),
    ...step('Choose', { ...CHOOSE, payload: OF_RUN, passes: 'input', next: 'Chosen' }, place),
    Chosen: choice([{ Variable: '$.datasets', StringEquals: 'files', Next: 'WriteDatasets' }], 'Finalize'),
    ...distributedMap('WriteDatasets', WRITE_PARTS, place),
    ...step('Finalize', { ...FINALIZE, payload: OF_RUN, next: 'Finalized' }, place),
    Finalized: choice([{ Variable: '$.train', BooleanEquals: true, Next: 'SubmitTraining' }], 'Committed'),
    Committed: { Type: 'Succeed' },
    PassedOver: { Type: 'Succeed' },
    ...train(place),
    ...endInFailure(place),
  },
});

const OF_RUN = { 'run_id.$': '$.run_id' } as const;

const EVALUATE = {
  comment:
    'Claims the run, pins the traces, cuts them into shards. Or cuts the dataset of a live workflow into batches.',
  payload: { 'execution.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input' },
} as const;

const PLAN_TRACES = {
  comment: "Pins the traces that the workflow's answers made, and cuts them into shards.",
} as const;

const CHOOSE = { comment: "Chooses the datasets' pairs among all of the run." } as const;

const FINALIZE = { comment: 'Requires every part, composes the files, commits by the manifest.' } as const;

/** A slow agent's time is never that of one function: a batch is asked in as many rounds as it takes. */
const ASK_BATCHES: MapSpec = {
  comment: "One child execution per batch of the dataset's examples.",
  ...{ items: '$.workflow.key', atOnce: '$.workflow.max_concurrency' },
  task: { ...OF_RUN, 'batch.$': '$$.Map.Item.Value' },
  child: {
    name: 'AskBatch',
    comment: "Asks the batch's examples that have no answer yet, as many as the time allows.",
    step: 'RunWorkflow',
    part: { 'batch.$': '$.task.batch.ordinal' },
    after: { result: '$.asked', next: 'BatchAsked' },
  },
  moreStates: {
    BatchAsked: choice([{ Variable: '$.asked.Payload.done', BooleanEquals: false, Next: 'AskRest' }], 'BatchDone'),
    AskRest: {
      Type: 'Pass',
      Parameters: { 'task.$': '$.asked.Payload', 'failure_at.$': '$.failure_at' },
      Next: 'AskBatch',
    },
    BatchDone: { Type: 'Pass', InputPath: '$.asked.Payload', End: true },
  },
  next: 'PlanTraces',
};

const GROUP_SLICES: MapSpec = {
  comment: 'One child execution per slice of the source: partitions its candidates by group.',
  ...{ items: '$.grouping.key', atOnce: '$.max_concurrency' },
  task: { ...OF_RUN, 'ordinal.$': '$$.Map.Item.Value' },
  child: { name: 'GroupSlice', step: 'GroupCandidates', part: { 'shard.$': '$.task.ordinal' } },
  next: 'BuildShards',
};

/** Of both maps over the plan. */
const SHARDS = { items: '$.plan.key', atOnce: '$.max_concurrency' } as const;

const BUILD_SHARDS: MapSpec = {
  comment: 'One child execution per shard: pairs its candidates.',
  ...SHARDS,
  task: { ...OF_RUN, 'shard.$': '$$.Map.Item.Value', 'shards.$': '$.shards' },
  child: { name: 'BuildShard', step: 'BuildShard', part: { 'shard.$': '$.task.shard.ordinal' } },
  next: 'Built',
};

const WRITE_PARTS: MapSpec = {
  comment: 'One child execution per shard: writes its part of each dataset file.',
  ...SHARDS,
  task: { ...OF_RUN, 'ordinal.$': '$$.Map.Item.Value.ordinal' },
  child: { name: 'WriteParts', step: 'WriteDatasets', part: { 'shard.$': '$.task.ordinal' } },
  next: 'Finalize',
};

/** Each of these goes on by what the step before it has said: `$.training.next`. */
const FOLLOW = { payload: '$', next: 'AfterTraining' } as const;

const SUBMIT = { comment: 'Hands the dataset to the trainer; the job is created once.' } as const;

const CHECK = { comment: 'Looks at the job once. A status that cannot be read is counted, not thrown.' } as const;

const DEPLOY = { comment: 'Creates the deployment where it is missing, and looks whether it is ready.' } as const;

const train = (place: Place): States => ({
  ...step('SubmitTraining', { ...SUBMIT, ...FOLLOW }, place),
  AfterTraining: choice(
    [
      { Variable: '$.training.next', StringEquals: 'check', Next: 'WaitForTraining' },
      { Variable: '$.training.next', StringEquals: 'deploy', Next: 'DeployModel' },
      { Variable: '$.training.next', StringEquals: 'deploying', Next: 'WaitForDeployment' },
    ],
    'Trained',
  ),
  WaitForTraining: { Type: 'Wait', SecondsPath: '$.training.wait_seconds', Next: 'CheckTraining' },
  ...step('CheckTraining', { ...CHECK, ...FOLLOW }, place),
  WaitForDeployment: { Type: 'Wait', SecondsPath: '$.training.wait_seconds', Next: 'DeployModel' },
  ...step('DeployModel', { ...DEPLOY, ...FOLLOW }, place),
  Trained: { Type: 'Succeed' },
});
