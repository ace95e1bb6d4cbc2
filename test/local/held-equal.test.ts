import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createHttpClient } from '../../adapters/http/client.ts';
import { credentialsFrom } from '../../adapters/http/endpoint-credentials.ts';
import { workflowConnector } from '../../adapters/http/workflow-client.ts';
import { trainers } from '../../adapters/trainers/trainers.ts';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { RunFailure } from '../../lib/contract/failure.ts';
import { shortened } from '../../lib/contract/failure-cause.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { messageInLogs } from '../../lib/stages/message-in-logs.ts';
import { memoryStore } from '../support/memory-store.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { newState } from '../support/nemo-services.ts';
import { memoryDeps } from '../support/run.ts';
import { execute, nobody, type Parties } from '../support/state-machine-run.ts';
import { clock, customizer, trainersOf } from '../support/training-run.ts';
import { answers, bareError, type Reply, startWorkflowServer } from '../support/workflow-server.ts';

/*
 * The run is written twice: as the state machine of infra/state-machine.ts, here interpreted, and as plain TypeScript in
 * cli/local. Both run over stores with the same objects and the same faults, and must do the same to them, in the same
 * order, and end in the same way.
 */

const keys = runKeys('r');

interface Scenario {
  readonly name: string;
  readonly request: object;
  /** What befalls the collections bucket; made anew for each of the two runs. */
  readonly faults?: () => Fault;
  /** The error by which the run ends, and the place that failure.json names; none where it commits. */
  readonly fails?: readonly [error: string, place: object];
}

/** Throws, or not, before an object is created, written, composed or read. */
type Fault = (key: string, call: 'create' | 'write' | 'compose' | 'read') => void;

/** The error for such calls about such keys, so many times. */
const striking =
  (calls: readonly string[], matching: RegExp, error: () => Error, times = Number.POSITIVE_INFINITY) =>
  (): Fault => {
    let left = times;
    return (key, call) => {
      if (calls.includes(call) && matching.test(key) && left-- > 0) throw error();
    };
  };

const WRITES = ['create', 'write', 'compose'];
const refused = () => new StoreRefused('The store refuses. Grant it.');
const unavailable = () => new StoreUnavailable('No answer.');

const traces = (more: object = {}) => ({ source: { traces: { bucket: 'traces', key: 'traces.jsonl' } }, ...more });
const rollouts = (more: object) => ({
  source: { traces: { bucket: 'traces', key: 'rollouts.jsonl' } },
  limits: { shard_bytes: 1024, max_concurrency: 1 },
  ...more,
});
const SHARDS = { limits: { shard_bytes: 1024, max_concurrency: 1 } };
const FILES = { dataset: { formats: ['trl'], validation_fraction: 0.5 } };
const FACTS = { dataset: { formats: [], gate: { min_pairs: 1 } } };

const SCENARIOS: readonly Scenario[] = [
  { name: 'one shard', request: traces(FILES) },
  { name: 'many shards', request: traces({ ...SHARDS, ...FILES }) },
  { name: 'no dataset', request: traces({ ...SHARDS, dataset: { formats: [] } }) },
  { name: 'a gate, and no dataset', request: traces({ ...SHARDS, ...FACTS }) },
  ...[keys.request, keys.plan, keys.shard(1).collection, keys.shard(1).summary]
    .concat([keys.choice.facts, keys.shard(1).written, keys.collection, keys.manifest])
    .map((key) => ({
      name: `a store that once does not answer for ${key.replace(keys.root, '')}`,
      request: traces({ ...SHARDS, ...FILES }),
      faults: striking(WRITES, new RegExp(`^${RegExp.escape(key)}$`), unavailable, 1),
    })),
  { name: 'groups that lie apart', request: rollouts(FILES) },
  { name: 'groups that lie apart, and no dataset', request: rollouts({ dataset: { formats: [] } }) },
  {
    name: 'a store that once does not answer for a slice of scattered groups',
    request: rollouts(FILES),
    faults: striking(WRITES, /shards\/0000\d\d\/buckets/, unavailable, 1),
  },
  {
    name: 'candidates that cannot be grouped',
    request: rollouts(FILES),
    faults: striking(WRITES, /shards\/0000\d\d\/grouped/, refused),
    fails: ['StoreRefused', { state: 'GroupSlice' }],
  },
  {
    name: 'no traces',
    request: { source: { traces: { bucket: 'traces', prefix: 'none/' } } },
    fails: ['NoTraces', { state: 'Evaluate' }],
  },
  {
    name: 'a request that cannot be stored',
    request: traces(FILES),
    faults: striking(['create'], /request\.json$/, refused),
    fails: ['StoreRefused', { state: 'Evaluate' }],
  },
  {
    name: 'a shard that cannot be written',
    request: traces({ ...SHARDS, ...FILES }),
    faults: striking(['write'], /shards\/000001\//, refused),
    fails: ['StoreRefused', { state: 'BuildShard', shard: 1 }],
  },
  {
    name: 'a shard for which the store never answers',
    request: traces({ ...SHARDS, ...FILES }),
    faults: striking(['create'], /shards\/000001\/summary/, unavailable),
    fails: ['StoreUnavailable', { state: 'BuildShard', shard: 1 }],
  },
  {
    name: 'a choice that cannot be written',
    request: traces({ ...SHARDS, ...FILES }),
    faults: striking(WRITES, /\/choice\//, refused),
    fails: ['StoreRefused', { state: 'Choose' }],
  },
  {
    name: 'a gate that is missed',
    request: traces({ ...SHARDS, dataset: { formats: [], gate: { min_pairs: 1000 } } }),
    fails: ['GateMissed', { state: 'Choose' }],
  },
  {
    name: "a shard's datasets that cannot be written",
    request: traces({ ...SHARDS, ...FILES }),
    faults: striking(WRITES, /shards\/000001\/written/, refused),
    fails: ['StoreRefused', { state: 'WriteParts', shard: 1 }],
  },
  {
    name: 'a collection that cannot be composed',
    request: traces({ ...SHARDS, ...FILES }),
    faults: striking(['compose'], /\/collection\.jsonl$/, refused),
    fails: ['StoreRefused', { state: 'Finalize' }],
  },
  {
    name: 'no candidates to choose among',
    request: traces({ builder: { ttc_step_name: 'another' } }),
    fails: ['NoCandidates', { state: 'Choose' }],
  },
  {
    name: 'no candidates, and no dataset',
    request: traces({ builder: { ttc_step_name: 'another' }, dataset: { formats: [] } }),
    fails: ['NoCandidates', { state: 'Finalize' }],
  },
  {
    name: 'a failure that cannot be recorded',
    request: traces(SHARDS),
    faults: striking([...WRITES], /./, refused),
    fails: ['StoreRefused', {}],
  },
  {
    name: 'a failure that can be recorded late',
    request: traces({ builder: { ttc_step_name: 'another' } }),
    faults: striking(['write'], /failure\.json$/, unavailable, 2),
    fails: ['NoCandidates', { state: 'Choose' }],
  },
];

describe('the state machine and the run on this machine do the same', () => {
  test.each(SCENARIOS)('with $name', async ({ request, faults, fails }) => {
    const ended = await runBoth(request, { faults });
    if (fails === undefined) {
      expect(ended.local).toMatchObject({ status: 'succeeded' });
      return;
    }
    const [error, place] = fails;
    expect(ended.local).toMatchObject({ status: 'failed', error });
    if (Object.keys(place).length === 0) expect(await ended.store.head(keys.failure)).toBeUndefined();
    else expect(await readJson(ended.store, keys.failure, RunFailure)).toMatchObject({ error, ...place });
  });

  test('with a run that is committed, started again', async () => {
    const { objects: before } = await runBoth(traces({ ...SHARDS, ...FILES }));
    const again = await runBoth(traces({ ...SHARDS, ...FILES }), { before });
    // It claims its run, and finds that done.
    expect(again.effects).toEqual([`create ${keys.request}`]);
  });

  test('with a run that was begun, and lacks some of its parts', async () => {
    const { objects } = await runBoth(traces({ ...SHARDS, ...FILES }));
    const before = new Map(objects);
    for (const key of [keys.shard(1).summary, keys.choice.facts, keys.shard(0).written, keys.manifest]) {
      before.delete(key);
    }
    const again = await runBoth(traces({ ...SHARDS, ...FILES }), { before });
    expect(again.effects).toContain(`create ${keys.shard(1).summary}`);
    expect(again.effects).not.toContain(`create ${keys.shard(0).summary}`);
  });
});

test('a plan that cannot be read fails both at the same place; on AWS the map says so by a name of its own', async () => {
  const fault = striking(['read'], /plan\.json$/, refused);
  const [machine, local] = [memoryStore('collections'), memoryStore('collections')];
  const byMachine = await byStateMachine(traces(SHARDS), watched(machine, fault()).store);
  expect(byMachine).toMatchObject({
    error: 'StepFunctionsError',
    message: expect.stringMatching(/^States\.ItemReaderFailed: /),
  });
  expect(await onThisMachine(traces(SHARDS), watched(local, fault()).store)).toMatchObject({ error: 'StoreRefused' });
  for (const store of [machine, local]) {
    expect(await readJson(store, keys.failure, RunFailure)).toMatchObject({ state: 'BuildShards' });
  }
});

describe('with a live workflow', () => {
  let server: Awaited<ReturnType<typeof startWorkflowServer>>;
  let reply: Reply;
  beforeAll(async () => {
    server = await startWorkflowServer((asked, response) => reply(asked, response));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    reply = (asked, response) => answers('an answer', steps(asked.question))(asked, response);
  });

  const asking = () => ({
    source: {
      workflow: {
        ...{ endpoint: server.origin, dataset: { bucket: 'traces', key: 'rows.json' } },
        ...{ batch_size: 2, max_concurrency: 1, max_retries: 0 },
      },
    },
    ...{ ...FILES, ...SHARDS },
  });
  const parties = (): Parties => {
    const http = createHttpClient({ policy: { reach: 'listed', origins: [server.origin] } });
    return {
      ...nobody,
      workflow: async () => workflowConnector({ http, credentials: credentialsFrom(async () => '') }),
    };
  };

  test('they do the same', async () => {
    const { local } = await runBoth(asking(), { parties });
    expect(local).toMatchObject({ status: 'succeeded' });
  });

  test('and an example that fails, they fail by it', async () => {
    reply = (asked, response) =>
      asked.question === 'q3' ? bareError('no model')(asked, response) : answers('an answer')(asked, response);
    const { local, store } = await runBoth(asking(), { parties });
    expect(local).toMatchObject({ status: 'failed', error: 'WorkflowFailed' });
    expect(await readJson(store, keys.failure, RunFailure)).toMatchObject({ state: 'AskBatch', batch: 1 });
  });

  test('and traces that cannot be planned, they fail there', async () => {
    const { store } = await runBoth(asking(), { parties, faults: striking(['write'], /plan\.json$/, refused) });
    expect(await readJson(store, keys.failure, RunFailure)).toMatchObject({ state: 'PlanTraces' });
  });
});

describe('with a training', () => {
  let nemo: NemoServer;
  beforeEach(async () => {
    nemo = await startNemo();
  });
  afterEach(() => nemo.close());
  const trained = () => traces({ ...SHARDS, training: customizer(nemo.url, { deploy_on_completion: true }) });

  const parties = (collections: ObjectStore): Parties => {
    const time = clock();
    const deps = { collections, now: time.now, trainer: trainers(trainersOf(collections)) };
    return { ...nobody, training: async () => deps };
  };
  /** Each of the two runs finds services that know nothing. */
  const afresh = async (more: object = {}) =>
    void Object.assign(nemo.state, newState(), { lfsOrigin: nemo.url, ...more });

  test('they do the same, until the model is deployed', async () => {
    const { local } = await runBoth(trained(), { parties, between: afresh });
    expect(local).toMatchObject({ status: 'succeeded', training: { status: 'completed', next: 'done' } });
  });

  test('and a job that fails, they fail by it', async () => {
    const failing = () => ({
      script: [
        { status: 'running', percentage_done: 40 },
        { status: 'failed', percentage_done: 40 },
      ],
    });
    await afresh(failing());
    const { local, store } = await runBoth(trained(), { parties, between: () => afresh(failing()) });
    expect(local).toMatchObject({ status: 'failed', error: 'TrainingFailed' });
    expect(await readJson(store, keys.failure, RunFailure)).toMatchObject({ state: 'CheckTraining' });
  });

  test('and a trainer that refuses, they fail by it', async () => {
    nemo.misbehave(/^POST \/v1\/customization\/jobs/, { status: 403, body: '{"detail":"no"}' }, 2);
    const { local, store } = await runBoth(trained(), { parties, between: afresh });
    expect(local).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(await readJson(store, keys.failure, RunFailure)).toMatchObject({ state: 'SubmitTraining' });
  });
});

interface Both {
  readonly faults?: (() => Fault) | undefined;
  /** Objects of the run that exist already. */
  readonly before?: ReadonlyMap<string, Buffer>;
  readonly parties?: (collections: ObjectStore) => Parties;
  /** Done when the first of the two is over. */
  readonly between?: () => Promise<void>;
}

/** Runs both ways, expects that they did the same, and tells how the run on this machine ended and what it did. */
async function runBoth(request: object, { faults, before = new Map(), parties = () => nobody, between }: Both = {}) {
  const [machine, local] = [watched(seeded(before), faults?.()), watched(seeded(before), faults?.())];
  const byMachine = await byStateMachine(request, machine.store, parties(machine.store));
  await between?.();
  const ended = await onThisMachine(request, local.store, parties(local.store));
  expect(ended).toEqual(byMachine);
  expect(local.effects).toEqual(machine.effects);
  expect(filesOf(local.objects)).toEqual(filesOf(machine.objects));
  return { local: ended, store: local.store, objects: local.objects, effects: local.effects };
}

interface Ended {
  readonly status: string;
  readonly error?: string;
  readonly message?: string;
  readonly training?: unknown;
}

async function byStateMachine(request: object, store: ObjectStore, parties: Parties = nobody): Promise<Ended> {
  const result = await execute('r', requestOf(request), memoryDeps(inputs(), store), parties);
  if (result.status === 'failed') return { status: 'failed', error: result.error, message: result.cause };
  const { training } = z.looseObject({ training: z.unknown().optional() }).parse(result.output);
  return { status: 'succeeded', training };
}

async function onThisMachine(request: object, store: ObjectStore, parties: Parties = nobody): Promise<Ended> {
  try {
    const { training } = await runLocally({
      ...{ request: requestOf(request), deps: memoryDeps(inputs(), store), progress: lineProgress(() => {}) },
      ...parties,
      ...{ atOnce: 1, pause: async () => {} },
    });
    return { status: 'succeeded', training };
  } catch (error) {
    const { name } = error instanceof Error ? error : new Error(String(error));
    return { status: 'failed', error: name, message: shortened(messageInLogs(error)) };
  }
}

const requestOf = (request: object) => parseRequest({ run_id: 'r', ...request });

/** Of the traces bucket. */
function inputs(): ObjectStore {
  const store = memoryStore('traces');
  const items = Array.from({ length: 8 }, (_, id) => ({ id, question: `q${id}`, intermediate_steps: steps(`q${id}`) }));
  store.objects.set('traces.jsonl', Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join('')));
  const rows = [0, 1, 2, 3].map((id) => ({ id, question: `q${id}` }));
  const scattered = [0, 1, 2].flatMap((reward) =>
    [1, 2, 3, 4].map((task) => ({ task_id: `t${task}`, prompt: `p${task}`, completion: `c${task}.${reward}`, reward })),
  );
  store.objects.set('rollouts.jsonl', Buffer.from(scattered.map((line) => `${JSON.stringify(line)}\n`).join('')));
  store.objects.set('rows.json', Buffer.from(JSON.stringify(rows)));
  return store;
}

const steps = (question: string) =>
  [0.9, 0.2].map((score, candidate_index) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${question}-${candidate_index}` },
      data: {
        turn_id: question,
        turn_index: 0,
        candidate_index,
        score,
        input: question,
        output: `${question}: ${score}`,
      },
    },
  }));

function seeded(before: ReadonlyMap<string, Buffer>) {
  const store = memoryStore('collections');
  for (const [key, body] of before) store.objects.set(key, body);
  return store;
}

/** A store with a fault, and what was done to it, in order: but for the errors that Step Functions passes on by files. */
function watched(inner: ReturnType<typeof memoryStore>, fault: Fault = () => {}) {
  const effects: string[] = [];
  const strike = (key: string, call: Parameters<Fault>[1]): void => {
    fault(key, call);
    if (call !== 'read' && !OF_STEP_FUNCTIONS.test(key)) effects.push(`${call} ${key}`);
  };
  const store: ObjectStore = {
    ...inner,
    read: async function* (key, options) {
      strike(key, 'read');
      yield* inner.read(key, options);
    },
    create: async (key, body) => {
      strike(key, 'create');
      return inner.create(key, body);
    },
    write: async (key, body, options) => {
      strike(key, 'write');
      return inner.write(key, body, options);
    },
    compose: async (key, parts, options) => {
      strike(key, 'compose');
      return inner.compose(key, parts, options);
    },
  };
  return { store, effects, objects: inner.objects };
}

const OF_STEP_FUNCTIONS = /\/failures\//;

const filesOf = (objects: ReadonlyMap<string, Buffer>) =>
  Object.fromEntries(
    [...objects].filter(([key]) => !OF_STEP_FUNCTIONS.test(key)).map(([key, body]) => [key, body.toString('latin1')]),
  );
