import { expect, test } from 'vitest';
import { forFailState, OWN_NAMES } from '../../lib/contract/failure.ts';
import { STEPS, type Step } from '../../lib/contract/steps.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import type { Handler } from '../support/asl/asl-runner.ts';
import { failure } from '../support/asl/machine.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';
import {
  asking,
  LONGEST,
  planned,
  runPipeline,
  type Script,
  type ScriptedRun,
  scattered,
} from './scripted-pipeline.ts';
import { waysOf, waysTaken } from './ways.ts';

/*
 * Every state, transition, Choice, Retry and Catch of the pipeline, taken by an interpreter. A state that is added needs a
 * scenario here.
 */

interface Scenario {
  readonly name: string;
  readonly script: Script;
  /** The bucket, as the state machine's own S3 tasks find it. */
  readonly faults?: (store: ObjectStore) => ObjectStore;
  /** By which the run ends; none where it succeeds. */
  readonly error?: string;
  /** How often this step is called. */
  readonly called?: readonly [Step, number];
}

/** Fails so often, then does what it should. */
function failing(name: string, times: number, otherwise: Handler): Handler {
  let left = times;
  return async (payload) => {
    if (left-- > 0) throw failure(name, `Say "${name}".`);
    return otherwise(payload);
  };
}

/** A run that comes to the step. */
const wayTo = (step: Step): Script =>
  step === 'GroupCandidates' ? { ...LONGEST, Evaluate: async () => scattered } : LONGEST;

/** The step fails for good. */
const failed = (step: Step, name: string): Script => ({
  [step]: failing(name, Number.POSITIVE_INFINITY, LONGEST[step]),
});

/** What the definition says of each step's tries. */
const retries = Object.values(PIPELINE.States)
  .flatMap((state) => (state.Type === 'Map' ? Object.values(state.ItemProcessor.States) : [state]))
  .flatMap((state) => {
    if (state.Type !== 'Task') return [];
    const { Parameters, Retry = [] } = state;
    const steps = STEPS.filter((step) => 'FunctionName' in Parameters && Parameters.FunctionName === step);
    return steps.flatMap((step) =>
      Retry.map(({ ErrorEquals, MaxAttempts }) => ({ step, names: ErrorEquals, MaxAttempts })),
    );
  });
const triedAgain = [...new Set(retries.flatMap(({ names }) => names))];

/** Calls about the files in which children leave their errors fail so often. */
const unkept =
  (writes: number, reads: number) =>
  (store: ObjectStore): ObjectStore => {
    const left = { write: writes, read: reads };
    const strike = (what: 'write' | 'read', key: string): void => {
      if (key.includes('/failures/') && left[what]-- > 0) throw failure('S3.S3Exception', 'no');
    };
    return {
      ...store,
      write: async (key, body, options) => {
        strike('write', key);
        return store.write(key, body, options);
      },
      read: async function* (key, options) {
        strike('read', key);
        yield* store.read(key, options);
      },
    };
  };

/** What a map says of itself when a child failed. */
const EXCEEDED = 'States.ExceedToleratedFailureThreshold';

const SCENARIOS: readonly Scenario[] = [
  { name: 'traces that exist already', script: {} },
  { name: 'a gate without datasets', script: { Evaluate: async () => ({ ...planned, datasets: 'facts' }) } },
  { name: 'groups that lie apart', script: { Evaluate: async () => scattered } },
  {
    name: 'an upload that holds no traces',
    script: { Evaluate: async () => ({ ...planned, status: 'passed_over' }) },
  },
  { name: 'a run that is committed', script: { Evaluate: async () => ({ ...planned, status: 'committed' }) } },
  { name: 'a workflow, its datasets, and a training until the model is deployed', script: LONGEST },
  ...[asking, scattered].flatMap((planned) =>
    triedAgain.map((error) => ({
      name: `every step of a run that is ${planned.status} and that is tried again after ${error}, failing once by it`,
      script: {
        ...LONGEST,
        Evaluate: async () => planned,
        ...Object.fromEntries(
          retries
            .filter(({ names }) => names.includes(error))
            .map(
              ({ step }) =>
                [step, failing(error, 1, step === 'Evaluate' ? async () => planned : LONGEST[step])] as const,
            ),
        ),
      },
    })),
  ),
  ...retries.map(({ step, names: [error = ''], MaxAttempts = 0 }) => ({
    name: `${step} failing by ${error} for good`,
    script: {
      ...wayTo(step),
      ...(step === 'RecordFailure' ? failed('Finalize', 'Surprise') : {}),
      ...failed(step, error),
    },
    error: step === 'RecordFailure' ? 'Surprise' : error,
    called: [step, 1 + MaxAttempts] as const,
  })),
  ...retries
    .filter(({ step }) => step === 'RecordFailure')
    .flatMap(({ names }) => names)
    .map((error) => ({
      name: `RecordFailure failing once by ${error}`,
      script: { ...failed('Evaluate', 'Surprise'), RecordFailure: failing(error, 1, LONGEST.RecordFailure) },
      error: 'Surprise',
      called: ['RecordFailure', 2] as const,
    })),
  {
    name: 'Finalize timing out, and RecordFailure failing',
    script: { ...failed('Finalize', 'States.Timeout'), ...failed('RecordFailure', 'Surprise') },
    error: 'States.Timeout',
  },
  ...(['RunWorkflow', 'GroupCandidates', 'BuildShard', 'WriteDatasets'] as const).flatMap((step) => {
    const script = { ...wayTo(step), ...failed(step, 'Surprise') };
    const never = Number.POSITIVE_INFINITY;
    return [
      { name: `${step} failing, its error kept and read late`, script, faults: unkept(3, 3), error: 'Surprise' },
      { name: `${step} failing, its error never kept`, script, faults: unkept(never, 0), error: EXCEEDED },
      { name: `${step} failing, its error never read`, script, faults: unkept(0, never), error: EXCEEDED },
    ];
  }),
];

const ran = new Map<Scenario, Promise<ScriptedRun>>();
function once(scenario: Scenario): Promise<ScriptedRun> {
  const run = ran.get(scenario) ?? runPipeline(scenario.script, {}, scenario.faults);
  ran.set(scenario, run);
  return run;
}

test.each(SCENARIOS)('$name', async (scenario) => {
  const { result, calls } = await once(scenario);
  const { error, called } = scenario;
  const ending = forFailState({ Error: error ?? '', Cause: `Say "${error}".` });
  // What no function made plain is told as it came.
  const asItCame = error === EXCEEDED || scenario.script.RecordFailure !== undefined;
  const cause = asItCame ? expect.stringContaining(error?.startsWith(OWN_NAMES) ? `${error}: ` : 'Say') : ending.Cause;
  expect(result).toEqual(
    error === undefined
      ? expect.objectContaining({ status: 'succeeded' })
      : { status: 'failed', error: ending.Error, cause },
  );
  if (called) expect(calls.filter(({ step }) => step === called[0])).toHaveLength(called[1]);
});

test('there is a scenario for every way through the state machine', async () => {
  const taken = new Set<string>();
  for (const scenario of SCENARIOS) {
    for (const way of waysTaken(PIPELINE, (await once(scenario)).events)) taken.add(way);
  }
  const ways = waysOf(PIPELINE);
  expect(ways.filter((way) => !taken.has(way))).toEqual([]);
  expect([...taken].filter((way) => !ways.includes(way))).toEqual([]);
  // Two choices that led to one state could not be told apart.
  expect(new Set(ways).size).toBe(ways.length);
});

test('a state that is added is a way that has to be taken, and a Retry and a Catch are', () => {
  const { Evaluate, ...others } = PIPELINE.States;
  if (Evaluate?.Type !== 'Task') throw new Error('Evaluate is no Task');
  const Retry = [...(Evaluate.Retry ?? []), { ErrorEquals: ['NoTraces'] }];
  const Catch = [{ ErrorEquals: ['InvalidRequest'], Next: 'Refused' }, ...(Evaluate.Catch ?? [])];
  const Refused = { Type: 'Succeed' } as const;
  const grown = waysOf({ States: { Evaluate: { ...Evaluate, Retry, Catch }, ...others, Refused } });
  expect(grown.filter((way) => !waysOf(PIPELINE).includes(way))).toEqual([
    'Evaluate retries NoTraces',
    'Evaluate gives up Retry 3',
    'Evaluate catches InvalidRequest > Refused',
    'Refused',
  ]);
});
