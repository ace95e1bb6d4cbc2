import { OWN_NAMES, STEP_FUNCTIONS_ERROR } from '../lib/contract/failure.ts';
import { KILLED } from '../lib/contract/killed-function.ts';
import { retriesOf } from '../lib/contract/retries.ts';
import type { Step } from '../lib/contract/steps.ts';
import type { Choice, ChoiceRule, Fail, Pass, Retrier, States, Template } from './asl.ts';

/** Each kind of state, written once: a step, a map and its child, what catches their failures and what is tried again. */

/** What is known only where the state machine is deployed. */
export interface Place {
  /** Of AWS: `aws`, `aws-cn`, … */
  readonly partition: string;
  /** Name of the bucket that runs are written to. */
  readonly collections: string;
  readonly functionArn: (step: Step) => string;
}

export interface StepSpec {
  readonly comment?: string;
  /** What the function gets. */
  readonly payload: Template | string;
  /** `output`: the function's answer goes on. `input`: the answer is dropped, and the state's input goes on. */
  readonly passes?: 'output' | 'input';
  /** What is known of the run where the state fails: `started_with` before it has a name. */
  readonly knows?: 'run_id' | 'started_with';
  readonly next: string;
}

/** A state that calls a step's function, and the one that its failure leads to. */
export function step(name: Step, spec: StepSpec, place: Place): States {
  const { passes = 'output', knows = 'run_id', next } = spec;
  const failure = `${name}Failed`;
  // What the execution was started with may be no object: nothing can be put beside it.
  const caught = knows === 'run_id' ? { ResultPath: '$.failure' } : {};
  const about: Template =
    knows === 'run_id'
      ? { 'run_id.$': '$.run_id', 'failure.$': '$.failure' }
      : { 'started_with.$': '$$.Execution.Input', 'failure.$': '$' };
  return {
    [name]: {
      ...invoke(name, spec, place),
      ...(passes === 'input' ? { ResultPath: null } : { OutputPath: '$.Payload' }),
      Catch: [{ ErrorEquals: ['States.ALL'], ...caught, Next: failure }],
      Next: next,
    },
    [failure]: failedIn(name, about, 'RecordFailure'),
  };
}

/** What each state's failure leads to says which state it was: nothing else tells RecordFailure. */
const failedIn = (name: string, about: Template, next: 'ReadFailure' | 'RecordFailure'): Pass => ({
  Type: 'Pass',
  Parameters: { state: name, ...about },
  Next: next,
});

export interface MapSpec {
  readonly comment: string;
  /** Path of the key at which the items are: a JSON array in the run's bucket. */
  readonly items: string;
  /** Path of how many children may run at once. */
  readonly atOnce: string;
  /** What a child's task gets. */
  readonly task: Template;
  readonly child: ChildSpec;
  /** What the child goes on to after its task; without them, it ends with the function's answer. */
  readonly moreStates?: States;
  readonly next: string;
}

/**
 * A state that runs a child execution an item, and the one that its failure leads to. A map that fails tells its caller a
 * name of its own only; the child's error is kept beside the run, and ReadFailure finds it.
 */
export function distributedMap(name: string, spec: MapSpec, place: Place): States {
  const { partition, collections } = place;
  const { child, moreStates = {} } = spec;
  const failure = `${name}Failed`;
  return {
    [name]: {
      Type: 'Map',
      Comment: spec.comment,
      Label: name,
      ItemReader: {
        Resource: `arn:${partition}:states:::s3:getObject`,
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { 'Bucket.$': '$.plan.bucket', 'Key.$': spec.items },
      },
      ItemSelector: { task: spec.task, failure_at: FAILURE_AT },
      MaxConcurrencyPath: spec.atOnce,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: child.name,
        States: { ...childTask(child, place), ...moreStates },
      },
      ResultWriter: {
        Resource: `arn:${partition}:states:::s3:putObject`,
        // No path of the input: interpreters do not agree whether these are the map's input's or its result's.
        Parameters: { Bucket: collections, 'Prefix.$': `States.Format('${MAP_RESULTS}{}', $$.Execution.Name)` },
      },
      // What all children say together has no bound.
      ResultPath: null,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: failure }],
      Next: spec.next,
    },
    [failure]: failedIn(
      name,
      { 'run_id.$': '$.run_id', 'failure.$': '$.failure', child_failure: FAILURE_AT },
      'ReadFailure',
    ),
  };
}

/** What the maps say of their children begins so, in the collections bucket. */
export const MAP_RESULTS = 'maps/';

/** Where a map's child leaves its error. */
const FAILURE_AT = {
  'bucket.$': '$.plan.bucket',
  'key.$': "States.Format('runs/{}/failures/{}.json', $.run_id, $$.Execution.Name)",
} as const;

interface ChildSpec {
  readonly name: string;
  readonly comment?: string;
  readonly step: Step;
  /** Which of the map's items it is, for the failure. */
  readonly part: Template;
  /** What follows the task, with its result put at this path; without it, the child ends with the function's answer. */
  readonly after?: { readonly result: string; readonly next: string };
}

/** A map's child: a task that gets `$.task`, and what its failure leads to. */
function childTask({ name, comment, step, part, after }: ChildSpec, place: Place): States {
  const [keep, tell, failed] = [`Keep${name}Failure`, `Tell${name}Failure`, `${name}Failed`];
  return {
    [name]: {
      ...invoke(step, { ...(comment === undefined ? {} : { comment }), payload: '$.task' }, place),
      ...(after ? { ResultPath: after.result, Next: after.next } : { OutputPath: '$.Payload', End: true }),
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: keep }],
    },
    [keep]: {
      ...s3('putObject', place),
      Comment: 'Leaves the error where ReadFailure finds it.',
      Parameters: {
        'Bucket.$': '$.failure_at.bucket',
        'Key.$': '$.failure_at.key',
        Body: { state: name, 'run_id.$': '$.task.run_id', ...part, 'failure.$': '$.failure' },
      },
      ResultPath: null,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.not_kept', Next: tell }],
      Next: tell,
    },
    [tell]: { ...renamed('ChildFailed', failed), Comment: 'Only the map run’s page shows it.' },
    [failed]: FAIL,
  };
}

/** A Fail state may not have one of Step Functions' own names (`States.Timeout`): a name for it, and its own in the cause. */
const renamed = (error: string, next: string): Pass => ({
  Type: 'Pass',
  Parameters: {
    failure: { Error: error, 'Cause.$': "States.Format('{}: {}', $.failure.Error, $.failure.Cause)" },
  },
  Next: next,
});

/** What every failure of the run leads to: the child's error in place of the map's, where there is one; then failure.json. */
export const endInFailure = (place: Place): States => ({
  ReadFailure: {
    ...s3('getObject', place),
    Comment: 'The error of the failed child, where one left it, in place of the map’s.',
    Parameters: { 'Bucket.$': '$.child_failure.bucket', 'Key.$': '$.child_failure.key' },
    ResultSelector: { 'child.$': 'States.StringToJson($.Body)' },
    OutputPath: '$.child',
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.not_read', Next: 'RecordFailure' }],
    Next: 'RecordFailure',
  },
  RecordFailure: {
    ...invoke(
      'RecordFailure',
      {
        comment: 'Writes failure.json, with the failure in words. If this fails, the run fails by its own error.',
        payload: { 'execution.$': '$$.Execution.Name', 'failed.$': '$' },
      },
      place,
    ),
    OutputPath: '$.Payload',
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.not_recorded', Next: 'NotRecorded' }],
    Next: 'Failed',
  },
  NotRecorded: choice(
    [{ Variable: '$.failure.Error', StringMatches: `${OWN_NAMES}*`, Next: 'NotRecordedByOwnName' }],
    'Failed',
  ),
  NotRecordedByOwnName: renamed(STEP_FUNCTIONS_ERROR, 'Failed'),
  Failed: FAIL,
});

const FAIL: Fail = {
  Type: 'Fail',
  Comment: "Keeps the error's own name and message.",
  ErrorPath: '$.failure.Error',
  CausePath: '$.failure.Cause',
};

export const choice = (Choices: readonly ChoiceRule[], Default: string): Choice => ({
  Type: 'Choice',
  Choices,
  Default,
});

function invoke(
  step: Step,
  { comment, payload }: Pick<StepSpec, 'comment' | 'payload'>,
  { partition, functionArn }: Place,
) {
  return {
    Type: 'Task',
    ...(comment === undefined ? {} : { Comment: comment }),
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: {
      FunctionName: functionArn(step),
      ...(typeof payload === 'string' ? { 'Payload.$': payload } : { Payload: payload }),
    },
    // A minute beyond the function's own, which stops it for sure.
    TimeoutSeconds: 960,
    Retry: retriers(step),
  } as const;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors: those that pass by themselves. */
const LAMBDA_PASSING = [
  ...(['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException'] as const),
  ...(['Lambda.ClientExecutionTimeoutException', 'Lambda.ResourceConflictException'] as const),
  // Of functions in a VPC.
  ...(['Lambda.ResourceNotReadyException', 'Lambda.EC2ThrottledException', 'Lambda.EC2UnexpectedException'] as const),
  ...(['Lambda.ENILimitReachedException', 'Lambda.SubnetIPAddressLimitReachedException'] as const),
];

/**
 * A new account runs ten functions at once, and a run has a hundred children: most wait for a turn, some as long as all
 * the others take. Tries so far apart on average cost 13 cents an hour for ninety children, and so many take 33 hours; an
 * execution's history has room for three times as many.
 */
const THROTTLED: Retrier = {
  Comment: 'Lambda runs as many functions as it may: wait for a turn.',
  ErrorEquals: ['Lambda.TooManyRequestsException'],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  MaxAttempts: 2_000,
  JitterStrategy: 'FULL',
};

const CUT_OFF: Retrier = {
  Comment: 'Cut off after 15 minutes, or killed: twice more may help, more often will not.',
  ErrorEquals: ['States.Timeout', 'Sandbox.Timedout', ...KILLED],
  IntervalSeconds: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  MaxAttempts: 2,
  JitterStrategy: 'FULL',
};

const retriers = (step: Step): readonly Retrier[] => [
  ...retriesOf(step).map(
    (rule): Retrier => ({
      ErrorEquals: [...(rule.passing ? LAMBDA_PASSING : []), ...rule.errors],
      IntervalSeconds: rule.firstSeconds,
      BackoffRate: rule.growth,
      ...(rule.mostSeconds === undefined ? {} : { MaxDelaySeconds: rule.mostSeconds }),
      MaxAttempts: rule.attempts,
      ...(rule.spread ? { JitterStrategy: 'FULL' } : {}),
    }),
  ),
  THROTTLED,
  CUT_OFF,
];

/** A small call of S3 that the state machine makes itself. */
function s3(action: 'getObject' | 'putObject', { partition }: Place) {
  return {
    Type: 'Task',
    Resource: `arn:${partition}:states:::aws-sdk:s3:${action}`,
    TimeoutSeconds: 60,
    Retry: [
      {
        ErrorEquals: ['States.ALL'],
        IntervalSeconds: 1,
        BackoffRate: 2,
        MaxDelaySeconds: 10,
        MaxAttempts: 3,
        JitterStrategy: 'FULL',
      },
    ],
  } as const;
}
