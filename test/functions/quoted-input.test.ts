import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runKeys } from '../../lib/objects/keys.ts';
import { type Lambda, startLambda } from '../support/lambda.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { customizer } from '../support/training-run.ts';
import { answers, bareError, type Reply, says, startWorkflowServer } from '../support/workflow-server.ts';
import { archiveOf } from '../support/zip-archive.ts';

// What the input holds in any place: texts, keys of records, ids, names of scores and of steps, entries of archives. What a
// server says about it can be in other letters.
const SSN = '078-05-1120';
const MARKED = new RegExp(`mark|${SSN}`, 'i');
const [TEXT, KEY, ID] = [`MARK-text ${SSN}`, `MARK-key ${SSN}`, `MARK-id ${SSN}`];

let lambda: Lambda;
let nemo: NemoServer;
let agent: Awaited<ReturnType<typeof startWorkflowServer>>;
let reply: Reply;
beforeAll(async () => {
  nemo = await startNemo();
  agent = await startWorkflowServer((asked, response) => reply(asked, response));
  const allowedEndpoints = [
    { origin: agent.origin, purpose: 'workflow' },
    {
      ...{ origin: nemo.url, purpose: 'training', namespaces: ['team'] },
      images: ['nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b'],
    },
  ];
  lambda = await startLambda({ secrets: {}, allowedEndpoints, sampled: true });
});
afterAll(() => Promise.all([lambda.close(), nemo.close(), agent.close()]));
beforeEach(() => {
  reply = (asked, response) => answers(TEXT, steps(asked.question))(asked, response);
  lambda.logged();
  lambda.traced();
});
afterEach(() => {
  for (const key of lambda.s3.keys('collections')) if (FAILURE.test(key)) lambda.s3.remove('collections', key);
  nemo.state.script = SCRIPT;
  nemo.state.deploymentScript = DEPLOYMENT_SCRIPT;
});

const put = (key: string, body: string | Buffer) => lambda.s3.put('traces', `traces/${key}`, body);
const lines = (...records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const over = (text: string | Buffer, more: { readonly source?: object } & Readonly<Record<string, unknown>> = {}) => {
  put('input.jsonl', text);
  return { ...more, source: { traces: { bucket: 'traces', key: 'traces/input.jsonl' }, ...more.source } };
};

const step = (id: string, candidate_index: number, more: object = {}) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${ID} ${candidate_index}`, event_timestamp: 1 },
    ...more,
    data: {
      ...{ turn_id: ID, turn_index: 0, candidate_index, score: candidate_index },
      ...{ input: `${TEXT} ${id}`, output: `${TEXT} ${candidate_index}` },
    },
  },
});
const steps = (id: string, more: object = {}) => [step(id, 0, more), step(id, 1, more)];
const item = (number: number, intermediate_steps: readonly object[] = steps(`${number}`)) => ({
  ...{ id: `${ID} ${number}`, question: TEXT, intermediate_steps },
  [KEY]: TEXT,
});
const items = [1, 2, 3, 4].map((number) => item(number));
const rollouts = [0, 1, 2, 3].map((reward) => ({
  ...{ task_id: ID, prompt: TEXT, completion: `${TEXT} ${reward}`, reward },
  [KEY]: TEXT,
}));

const HALVES = { dataset: { validation_fraction: 0.5, formats: ['trl'] } };

const asking = (rows: string, more: object = {}, key = 'traces/rows.csv') => {
  lambda.s3.put('traces', key, rows);
  const dataset = { bucket: 'traces', key };
  return { source: { workflow: { endpoint: agent.origin, dataset, max_retries: 0, ...more } } };
};
const rows = `id,question,${KEY}\n${[1, 2, 3, 4].map((at) => `${ID} ${at},${TEXT} ${at},${TEXT}\n`).join('')}`;

const training = (more: object = {}) => customizer(nemo.url, more);
const trained = (more: object = {}) => over(lines(...items), { ...HALVES, training: training(more) });
const refused = (matching: RegExp, times: number) =>
  nemo.misbehave(matching, { status: 422, body: JSON.stringify({ detail: `line 3: ${TEXT}` }) }, times);

const uploaded = (key: string) => ({
  ...{ version: '0', id: '1', 'detail-type': 'Object Created', source: 'aws.s3', account: '123456789012' },
  detail: { version: '0', bucket: { name: 'traces' }, object: { key: `traces/${key}`, size: 5 }, reason: 'PutObject' },
});

let SCRIPT: NemoServer['state']['script'];
let DEPLOYMENT_SCRIPT: NemoServer['state']['deploymentScript'];
beforeAll(() => {
  SCRIPT = nemo.state.script;
  DEPLOYMENT_SCRIPT = nemo.state.deploymentScript;
});

/** What a failed run leaves of its failure. */
const FAILURE = /^runs\/[^/]+\/(?:failure\.json|failures\/)/;

/** What is run, and how it ends: by an error's name, or not at all. */
const RUNS: readonly (readonly [what: string, error: string | undefined, input: () => unknown])[] = [
  // Those that succeed.
  [
    'traces with losses of all kinds',
    undefined,
    () => {
      const scored = (score: unknown) => ({ ...step('9', 2).payload.data, score });
      const odd = [{ payload: { ...step('9', 2).payload, data: scored(TEXT) } }, { [KEY]: TEXT }, TEXT];
      const text = `${lines(...items, item(9, [...steps('9'), ...odd.map(Object)]))}{"${KEY}": ${TEXT}\n${TEXT}\n[1]\n`;
      return over(text, { ...HALVES, limits: { max_rejected_fraction: 0.9 } });
    },
  ],
  [
    'rollouts with keys that are not used',
    undefined,
    () =>
      over(lines(...rollouts, { ...rollouts[0], reward: TEXT }, { [KEY]: 1 }), {
        source: { format: 'rollouts' },
        limits: { max_rejected_fraction: 0.9 },
      }),
  ],
  [
    'a workflow that fails at some examples',
    undefined,
    () => {
      reply = (asked, response) => {
        if (asked.question.endsWith('4')) return bareError(TEXT)(asked, response);
        return answers(TEXT, steps(asked.question))(asked, response);
      };
      return { ...asking(rows, { continue_on_collection_error: true }), limits: { max_rejected_fraction: 0.9 } };
    },
  ],
  [
    'a training',
    undefined,
    () => {
      nemo.state.script = [{ status: 'running', status_logs: [{ message: TEXT }] }, { status: 'completed' }];
      return trained({ deploy_on_completion: true });
    },
  ],
  // Sources that fit nothing.
  ['keys that fit no format', 'InvalidRequest', () => over(lines({ [KEY]: 1, [SSN]: 2 }, { [`${KEY} 2`]: 1 }))],
  ['no record at all', 'NoTraces', () => over(`{"${KEY}": ${TEXT}\n`, { source: { format: 'rollouts' } })],
  [
    'a field map that finds nothing',
    'InvalidRequest',
    () => over(lines(...rollouts), { source: { format: { group: '/task', prompt: '/prompt', response: '/none' } } }),
  ],
  [
    'scores by other names',
    'InvalidRequest',
    () => {
      const several = rollouts.map((rollout) => ({ ...rollout, reward: { [KEY]: 1, [`${KEY} 2`]: 2 } }));
      const format = { group: '/task_id', prompt: '/prompt', response: '/completion', score: '/reward' };
      return over(lines(...several), { source: { format } });
    },
  ],
  [
    'a score by a name that there is not',
    'InvalidRequest',
    () => {
      const several = rollouts.map((rollout) => ({ ...rollout, reward: { [KEY]: 1, [`${KEY} 2`]: 2 } }));
      const format = { group: '/task_id', prompt: '/prompt', response: '/completion', score: '/reward' };
      return over(lines(...several), { source: { format, score: 'quality' } });
    },
  ],
  // Traces without a candidate, or a pair.
  ['steps of other names', 'NoCandidates', () => over(lines(item(1, steps('1', { name: KEY }))))],
  ['steps of other types', 'NoCandidates', () => over(lines(item(1, steps('1', { event_type: KEY }))))],
  ['steps under another key', 'NoCandidates', () => over(lines({ id: ID, question: TEXT, [KEY]: steps('1') }), NAT)],
  ['items without steps', 'NoCandidates', () => over(lines({ id: ID, question: TEXT, [KEY]: TEXT }), NAT)],
  ['one answer a prompt', 'NoPairs', () => over(lines(...rollouts.slice(0, 1)))],
  [
    'broken records in an archive',
    'TooManyRejected',
    () => {
      const entry = (name: string, text: string) => ({ name: `${KEY} ${name}`, text: Buffer.from(text) });
      const broken = Array.from({ length: 9 }, () => `{"${KEY}": ${TEXT}\n`).join('');
      const archive = archiveOf([entry('a.jsonl', lines(...rollouts)), entry('b.jsonl', broken)]);
      return over(archive, { source: { format: 'rollouts' } });
    },
  ],
  [
    'an archive of keys that fit no format',
    'InvalidRequest',
    () => over(archiveOf([{ name: `${KEY}.jsonl`, text: Buffer.from(lines({ [KEY]: 1 })) }])),
  ],
  [
    'an archive with an entry that stops',
    'IncompleteInput',
    () => {
      const text = Buffer.from(`[${rollouts.map((one) => JSON.stringify(one)).join(',')}`);
      return over(archiveOf([{ name: `${KEY}.json`, text }]), { source: { format: 'rollouts' } });
    },
  ],
  ['broken items', 'TooManyRejected', () => over(`{"id": "${ID}", "${KEY}": ${TEXT}\n`, NAT)],
  [
    'a gate that is missed',
    'GateMissed',
    () => over(lines(...items), { dataset: { ...HALVES.dataset, gate: { min_pairs: 99 } } }),
  ],
  // A workflow's dataset, and its answers.
  ['a CSV without a header', 'InvalidRequest', () => asking(`${ID},${TEXT}\n${ID} 2,${TEXT}\n`)],
  ['no column of questions', 'InvalidRequest', () => asking(rows, { question_key: 'q' })],
  ['a row that is no JSON', 'InvalidRequest', () => asking(`{"${KEY}": ${TEXT}\n`, {}, 'traces/rows.jsonl.dataset')],
  ['a row that is no object', 'InvalidRequest', () => asking(lines(TEXT), {}, 'traces/rows.jsonl.dataset')],
  ['a row without what the body asks for', 'InvalidRequest', () => asking(rows, { body: { a: '{{none}}' } })],
  [
    'an example that fails',
    'WorkflowFailed',
    () => {
      reply = bareError(TEXT);
      return asking(rows);
    },
  ],
  [
    'an example that is refused in words of its own',
    'WorkflowFailed',
    () => {
      reply = (asked, response) => {
        response.writeHead(422, { 'content-type': 'application/json' });
        const detail = [{ type: 'extra_forbidden', loc: ['body', KEY], msg: `not ${asked.question.toUpperCase()}` }];
        response.end(JSON.stringify({ detail }));
      };
      return asking(rows);
    },
  ],
  [
    'an answer that makes no sense',
    'WorkflowFailed',
    () => {
      reply = says(`intermediate_data: ${TEXT}\n\n`);
      return asking(rows);
    },
  ],
  // What a trainer says of a dataset.
  [
    'a job that fails',
    'TrainingFailed',
    () => {
      nemo.state.script = [{ status: 'failed', status_logs: [{ message: 'x', detail: `line 3: ${TEXT}` }] }];
      return trained();
    },
  ],
  [
    'a job whose status is not known',
    'TrainingLost',
    () => {
      // As often as a job's status is read before it counts as lost.
      refused(/status$/, 3);
      return trained();
    },
  ],
  [
    'an upload that is refused',
    'TrainerRefused',
    () => {
      refused(/POST .*\/commit\//, 1);
      return trained();
    },
  ],
  [
    'a deployment that fails',
    'DeploymentFailed',
    () => {
      nemo.state.deploymentScript = ['failed'];
      return trained({ deploy_on_completion: true });
    },
  ],
  // Traces in the place of settings.
  [
    'a run.json that is a trace',
    'InvalidRequest',
    () => {
      put('a/run.json', JSON.stringify({ [KEY]: TEXT, limits: {} }));
      return uploaded('a/run.json');
    },
  ],
  [
    'a file of the run that was replaced by traces',
    'CorruptObject',
    () => {
      lambda.s3.put(
        'collections',
        'runs/a-file-of-the-run-that-was-replaced-by-traces/plan.json',
        lines({ [KEY]: TEXT }),
      );
      return over(lines(...items));
    },
  ],
];
const NAT = { source: { format: 'nat' } };

test.each(RUNS)(
  '%s: neither log, metric and trace nor cause and failure.json quotes the input',
  async (what, error, input) => {
    const execution = what.replaceAll(/\W+/g, '-');
    const result = await lambda.execute(execution, input());
    expect(result.status === 'failed' ? result.error : undefined).toBe(error);
    const failures = lambda.s3
      .keys('collections')
      .filter((key) => FAILURE.test(key))
      .map((key) => String(lambda.s3.get('collections', key)));
    if (error !== undefined) expect(failures.join()).toContain(error);
    else expect(failures).toEqual([]);
    const { logged, traced } = { logged: lambda.logged(), traced: lambda.traced() };
    expect(logged).toContain('"message":"began"');
    const cause = result.status === 'failed' ? result.cause : '';
    for (const told of [logged, traced, cause, ...failures]) expect(told).not.toMatch(MARKED);
    // They were there: a run that succeeds keeps them in its files.
    if (error === undefined) {
      expect(String(lambda.s3.get('collections', runKeys(execution).collection))).toMatch(MARKED);
      expect(String(lambda.s3.get('collections', runKeys(execution).manifest))).toContain(execution);
    }
  },
);
