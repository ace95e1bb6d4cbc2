import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { runKeys } from '../../lib/objects/keys.ts';
import { type Lambda, startLambda } from '../support/lambda.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { customizer } from '../support/training-run.ts';
import { answers, bareError, type Reply, says, startWorkflowServer } from '../support/workflow-server.ts';

// What no log may hold, wherever it goes in.
const PROMPT = 'PROMPT-4711: where to play';
const RESPONSE = 'RESPONSE-4711: the corner';
const SECRET = 'SECRET-4711-of-the-agent';
const MARK = /(?:PROMPT|RESPONSE|SECRET)-4711/;
const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;
const ARNS = { agent: arnOf('agent'), nemo: arnOf('nemo') };

let lambda: Lambda;
let nemo: NemoServer;
let agent: Awaited<ReturnType<typeof startWorkflowServer>>;
/** What the agent answers now. */
let reply: Reply;
beforeAll(async () => {
  nemo = await startNemo();
  agent = await startWorkflowServer((asked, response) => reply(asked, response));
  const allowedEndpoints = [
    { origin: agent.origin, purpose: 'workflow', secretArns: [ARNS.agent, arnOf('another')] },
    { origin: nemo.url, purpose: 'training', secretArns: [ARNS.nemo], namespaces: ['team'] },
  ];
  const secrets = { [ARNS.agent]: SECRET, [ARNS.nemo]: SECRET };
  lambda = await startLambda({ secrets, allowedEndpoints, sampled: true });
});
afterAll(async () => {
  await Promise.all([lambda.close(), nemo.close(), agent.close()]);
});
beforeEach(() => {
  reply = (asked, response) => answers(RESPONSE, steps(Number(asked.question.at(-1))))(asked, response);
  lambda.logged();
  lambda.traced();
});

describe('a run tells which steps it takes and how much they come to, and nothing of what it is about:', () => {
  test('of traces', async () => {
    put('mixed.jsonl', `${items}{"id": 9, ${PROMPT}\n`);
    const result = await lambda.execute('of-traces', over('mixed.jsonl', { limits: { max_rejected_fraction: 0.5 } }));
    expect(result).toMatchObject({ status: 'succeeded' });
    const logged = lambda.logged();
    expect(logged).not.toMatch(MARK);
    expect(linesOf(logged).filter(({ message }) => message === 'ended')).toMatchObject([
      { stage: 'evaluate', execution: 'of-traces', run_id: 'of-traces', seconds: expect.any(Number), Shards: 1 },
      { stage: 'build-shard', run_id: 'of-traces', shard: 0, Items: 5, Pairs: 4, rejected: { invalid_json: 1 } },
      { stage: 'choose', run_id: 'of-traces' },
      { stage: 'write-datasets', run_id: 'of-traces', shard: 0 },
      { stage: 'finalize', run_id: 'of-traces' },
    ]);
  });

  test('of an agent that is asked, and of a training', async () => {
    const result = await lambda.execute('trained', { ...asking(), training: training(), ...HALVES });
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'completed' } } });
    const logged = lambda.logged();
    expect(logged).not.toMatch(MARK);
    const ended = linesOf(logged).filter(({ message }) => message === 'ended');
    expect([...new Set(ended.map(({ stage }) => stage))]).toEqual([
      ...['evaluate', 'run-workflow', 'plan-traces', 'build-shard', 'choose', 'write-datasets', 'finalize'],
      ...['submit-training', 'check-training'],
    ]);
    expect(ended[1]).toMatchObject({ batch: 0, ExamplesAnswered: 4, ExamplesFailed: 0 });
  });

  test('to X-Ray, where the run is found by its id', async () => {
    put('good.jsonl', items);
    await lambda.execute('sampled', over('good.jsonl'));
    let traced = '';
    await vi.waitFor(() => {
      traced += lambda.traced();
      for (const stage of ['evaluate', 'build-shard', 'finalize']) {
        expect(traced).toContain(`"annotations":{"stage":"${stage}","run_id":"sampled"}`);
      }
    }, 10_000);
    expect(traced).not.toMatch(MARK);
  });
});

/** What goes wrong, the error's name, and the input of the execution in which it does. */
const failures: readonly (readonly [what: string, error: string, input: () => unknown])[] = [
  [
    'traces that cannot be read',
    'TooManyRejected',
    () => {
      put('broken.jsonl', `{"id": 1, ${PROMPT} ${RESPONSE}\n`);
      return over('broken.jsonl');
    },
  ],
  ['traces without a candidate of that name', 'NoCandidates', () => good({ builder: { ttc_step_name: 'another' } })],
  ['a token in the request', 'InvalidRequest', () => good({ training: training({ hf_token: SECRET }) })],
  ['an unknown setting', 'InvalidRequest', () => asking({ token: SECRET })],
  ['a secret instead of its ARN', 'InvalidRequest', () => asking({ auth_secret_arn: SECRET })],
  [
    "a trainer's secret instead of its ARN",
    'InvalidRequest',
    () => good({ training: training({ auth_secret_arn: SECRET }) }),
  ],
  ['a secret in an address', 'InvalidRequest', () => asking({ endpoint: withUser(agent.origin) })],
  ['a secret in a query', 'InvalidRequest', () => asking({ endpoint: `${agent.origin}/?token=${SECRET}` })],
  [
    "a secret in a trainer's address",
    'InvalidRequest',
    () => good({ training: training({ entity_host: withUser(nemo.url) }) }),
  ],
  [
    'a run.json that is no JSON',
    'InvalidRequest',
    () => {
      put('a/run.json', PROMPT);
      return uploaded('a/run.json');
    },
  ],
  ['a secret that is not there', 'SecretUnavailable', () => asking({ auth_secret_arn: arnOf('another') })],
  [
    'an agent whose error quotes what it was sent',
    'WorkflowFailed',
    () => {
      reply = (asked, response) => bareError(`${asked.question} ${asked.headers.authorization}`)(asked, response);
      return asking();
    },
  ],
  [
    'an agent whose answer makes no sense',
    'WorkflowFailed',
    () => {
      reply = says(`intermediate_data: ${RESPONSE}\n\ndata: x\n\n`);
      return asking();
    },
  ],
  [
    'a trainer whose refusal quotes the token',
    'TrainerRefused',
    () => {
      nemo.misbehave(/customization\/jobs$/, { status: 422, body: `{"detail":"not for ${SECRET}"}` });
      return good({ training: training() });
    },
  ],
  [
    'a datastore whose refusal quotes the token',
    'TrainerRefused',
    () => {
      nemo.misbehave(/preupload/, { status: 403, body: `{"error":"not for Bearer ${SECRET}"}` });
      return good({ training: training() });
    },
  ],
  [
    'a store that refuses',
    'StoreRefused',
    () => {
      const denied = { kind: 'error', status: 403, code: 'AccessDenied' } as const;
      lambda.s3.fail({ operation: 'GetObject', key: 'traces/good.jsonl' }, denied);
      return good();
    },
  ],
  [
    'a file of the run that is not its own',
    'CorruptObject',
    () => {
      lambda.s3.put('collections', 'runs/not-ours/request.json', `"${PROMPT}`);
      return good({ run_id: 'not-ours' });
    },
  ],
];

describe('datasets are chosen and written without a word of what they hold:', () => {
  const garbled = `${PROMPT} ${RESPONSE} ${SECRET}`;
  const keys = runKeys('damaged');
  const { collection, index, summary, written } = keys.shard(0);
  const { facts, decisions } = keys.choice;
  /** A run's objects, before anything is done to them. */
  const sound = new Map<string, Buffer>();
  beforeAll(async () => {
    const dataset = { ...HALVES.dataset, formats: ['trl', 'trl_kto'] };
    expect(await lambda.execute('damaged', good({ dataset }))).toMatchObject({ status: 'succeeded' });
    for (const key of lambda.s3.keys('collections')) {
      const body = lambda.s3.get('collections', key);
      if (body && key.startsWith(keys.root)) sound.set(key, body);
    }
  });

  test('what must not be told was there', () => {
    expect(sound.get(keys.dataset('trl', 'train.jsonl'))?.toString()).toMatch(MARK);
  });

  test.each([
    ['Choose', 'a request that is no JSON', keys.request, garbled],
    ['Choose', 'a summary that is no JSON', summary, garbled],
    ['Choose', 'an index of another length', index, garbled],
    ['WriteDatasets', 'a request that is no JSON', keys.request, garbled],
    ['WriteDatasets', 'a part of the collection that is no JSON', collection, `${garbled}\n`],
    ['WriteDatasets', 'a part of the collection that is gone', collection, ''],
    ['WriteDatasets', 'an index of another length', index, garbled],
    ['WriteDatasets', 'decisions of another length', decisions(0), garbled],
    ['WriteDatasets', 'facts that are none', facts, `{"${PROMPT}":"${RESPONSE}"}`],
  ] as const)('%s fails by %s as CorruptObject, which quotes nothing', async (step, _, key, text) => {
    for (const [key, body] of sound) lambda.s3.put('collections', key, body);
    lambda.s3.remove('collections', written);
    if (step === 'Choose') lambda.s3.remove('collections', facts);
    lambda.s3.put('collections', key, text);
    lambda.logged();
    lambda.traced();
    const failing = lambda.invoke(step, step === 'Choose' ? { run_id: 'damaged' } : { run_id: 'damaged', ordinal: 0 });
    await expect(failing).rejects.toThrow(expect.objectContaining({ name: 'CorruptObject' }));
    const logged = lambda.logged();
    const stage = step === 'Choose' ? { stage: 'choose' } : { stage: 'write-datasets', shard: 0 };
    expect(linesOf(logged)).toContainEqual(expect.objectContaining({ level: 'ERROR', run_id: 'damaged', ...stage }));
    for (const told of [logged, lambda.traced()]) expect(told).not.toMatch(MARK);
  });
});

test.each(failures)(
  '%s: the run fails by its name, and neither log nor trace nor cause quotes',
  async (what, error, input) => {
    const result = await lambda.execute(what.replaceAll(/\W+/g, '-'), input());
    expect(result).toMatchObject({ status: 'failed', error });
    const logged = lambda.logged();
    expect(linesOf(logged)).toContainEqual(
      expect.objectContaining({ level: 'ERROR', message: 'failed', error: expect.objectContaining({ name: error }) }),
    );
    for (const told of [logged, lambda.traced(), JSON.stringify(result)]) expect(told).not.toMatch(MARK);
  },
);

const put = (key: string, text: string) => lambda.s3.put('traces', `traces/${key}`, text);
const over = (key: string, more: object = {}) => ({
  source: { traces: { bucket: 'traces', key: `traces/${key}` } },
  ...more,
});
const withUser = (origin: string) => origin.replace('//', `//me:${SECRET}@`);

/** With as few examples the default split would leave validation none. */
const HALVES = { dataset: { validation_fraction: 0.5 } };

const good = (more: object = {}) => {
  put('good.jsonl', items);
  return over('good.jsonl', { ...HALVES, ...more });
};

const asking = (more: object = {}) => {
  const rows = [1, 2, 3, 4].map((id) => ({ id, question: `${PROMPT} ${id}` }));
  put('rows.json', JSON.stringify(rows));
  const dataset = { bucket: 'traces', key: 'traces/rows.json' };
  return {
    source: { workflow: { endpoint: agent.origin, dataset, auth_secret_arn: ARNS.agent, max_retries: 0, ...more } },
  };
};

const training = (more: object = {}) => customizer(nemo.url, { auth_secret_arn: ARNS.nemo, ...more });

/** An event of S3's, as EventBridge passes it on. */
const uploaded = (key: string) => ({
  ...{ version: '0', id: '1', 'detail-type': 'Object Created', source: 'aws.s3', account: '123456789012' },
  detail: { version: '0', bucket: { name: 'traces' }, object: { key: `traces/${key}`, size: 5 }, reason: 'PutObject' },
});

const candidate = (id: number, candidate_index: number, score: number) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `u${candidate_index}`, event_timestamp: 1 },
    data: {
      ...{ turn_id: 't', turn_index: 0, candidate_index, score },
      ...{ input: `${PROMPT} ${id}`, output: `${RESPONSE} ${candidate_index}` },
    },
  },
});
const steps = (id: number) => [candidate(id, 0, 0.9), candidate(id, 1, 0.2)];
const items = [1, 2, 3, 4]
  .map((id) => `${JSON.stringify({ id, question: PROMPT, intermediate_steps: steps(id) })}\n`)
  .join('');

const Line = z.record(z.string(), z.unknown());
const linesOf = (logged: string) =>
  logged.split('\n').flatMap((line) => (line.startsWith('{') ? [Line.parse(JSON.parse(line))] : []));
