import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { errorBody } from '../support/s3-server.ts';
import { type Deployed, deploy } from './deployed.ts';

/*
 * Buckets that are not as the stack made them, and an endpoint that errs: the run says what is wrong, by the bucket's or
 * the object's name, and nothing is lost or half written.
 */

let stack: Deployed;
beforeAll(async () => {
  stack = await deploy({ uploads: { quietMinutes: 5 } });
});
afterAll(() => stack.close());
afterEach(() => {
  stack.owners.clear();
  stack.s3.calm();
});

const item = (id: string) => {
  const steps = [1, 0].map((score) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${id}-${score}` },
      data: { turn_id: 't', turn_index: 0, candidate_index: score, score, input: id, output: `${id}: ${score}` },
    },
  }));
  return `${JSON.stringify({ id, question: id, intermediate_steps: steps })}\n`;
};

const over = (location: object) => ({ source: { traces: { bucket: 'Traces', ...location } } });
const parsed = (key: string): unknown => JSON.parse(String(stack.s3.get('Collections', key)));
const failureOf = (run: string) => RunFailure.parse(parsed(runKeys(run).failure));
const manifestOf = (run: string) => Manifest.parse(parsed(runKeys(run).manifest));

test('a bucket of another account is neither read nor written, whatever its owner allows', async () => {
  stack.s3.put('Traces', 'traces/own.jsonl', item('own'));
  stack.owners.set('Traces', 'AnotherAccount');
  const read = await stack.execute('read', over({ key: 'traces/own.jsonl' }));
  expect(read).toMatchObject({ status: 'failed', error: 'StoreRefused' });
  expect(failureOf('read')).toMatchObject({
    state: 'Evaluate',
    message: expect.stringMatching(
      /^S3 refused s3:\/\/Traces\/traces\/own\.jsonl: HTTP 403 without a reason\. .* only buckets of their own account/,
    ),
  });
  expect(stack.s3.keys('Collections')).toEqual([runKeys('read').failure]);

  stack.owners.set('Traces', 'AccountId').set('Collections', 'AnotherAccount');
  const written = await stack.execute('written', over({ key: 'traces/own.jsonl' }));
  expect(written).toMatchObject({ status: 'failed' });
  expect(stack.s3.keys('Collections')).toEqual([runKeys('read').failure]);
  expect(String(stack.s3.get('Traces', 'traces/own.jsonl'))).toBe(item('own'));

  // Nothing was lost: once the buckets are the stack's, the same run commits.
  stack.owners.clear();
  expect(await stack.execute('read', over({ key: 'traces/own.jsonl' }))).toMatchObject({ status: 'succeeded' });
});

test('a bucket without versions: a file that is replaced during a run fails it by name, and the newer file is read next', async () => {
  stack.s3.createBucket('Traces', { versioned: false });
  const key = 'traces/replaced.jsonl';
  stack.s3.put('Traces', key, item('old'));
  // The plan is written: every later read is of what it pinned.
  const change = () => stack.s3.put('Traces', key, item('new'));
  stack.s3.fail({ operation: 'PutObject', key: /replaced\/plan\.json$/ }, { kind: 'meanwhile', change });
  const replaced = await stack.execute('replaced', over({ key }));
  expect(replaced).toMatchObject({ status: 'failed', error: 'InputChanged' });
  expect(failureOf('replaced').message).toContain(`s3://Traces/${key}`);
  expect(stack.s3.get('Collections', runKeys('replaced').manifest)).toBeUndefined();
  expect(await stack.execute('next', over({ key }))).toMatchObject({ status: 'succeeded', output: { examples: 1 } });
  expect(manifestOf('next').inputs).toMatchObject([{ key, etag: expect.any(String) }]);
});

const CONTROL = 'a\u0001\u0007\t\r\n\u001b[2J\u007f\u0085\u2028';

test('a key with control characters is read, and kept as it is; a bad file beside it is named, and its neighbours stay', async () => {
  const folder = `traces/${CONTROL}/`;
  stack.s3.put('Traces', `${folder}${CONTROL}.jsonl`, item('good'));
  stack.s3.put('Traces', `${folder}bad${CONTROL}.jsonl`, `${item('neighbour')}{"id":\n`);
  const limits = { max_rejected_fraction: 1, allow_incomplete: true };
  const messages = [CONTROL, `bad${CONTROL}`].map((name) => ({
    messageId: name,
    body: JSON.stringify({
      ...{ 'detail-type': 'Object Created', time: new Date().toISOString() },
      detail: { bucket: { name: 'Traces' }, object: { key: `${folder}${name}.jsonl` } },
    }),
  }));
  stack.s3.put('Traces', `${folder}run.json`, JSON.stringify({ limits }));
  const [gathered] = await stack.gather(messages);
  const run = gathered?.name ?? '';
  expect(await stack.execute(run, gathered?.input)).toMatchObject({ status: 'succeeded', output: { examples: 2 } });
  expect(manifestOf(run).inputs.map(({ key }) => key)).toEqual([
    `${folder}${CONTROL}.jsonl`,
    `${folder}bad${CONTROL}.jsonl`,
  ]);
  const rejected = String(stack.s3.get('Collections', runKeys(run).rejected));
  expect(rejected.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(rejected)).toMatchObject({ key: `${folder}bad${CONTROL}.jsonl` });

  const missing = await stack.execute('missing', over({ key: `${folder}none.jsonl` }));
  expect(missing).toMatchObject({ error: 'NoTraces', cause: expect.stringContaining(`${folder}none.jsonl`) });
});

test.each(['GetObject', 'PutObject', 'ListObjectsV2'] as const)(
  'an endpoint that answers 200 with an error body to %s commits nothing, and is over it when it is',
  async (operation) => {
    const run = `answers-${operation}`.toLowerCase();
    stack.s3.put('Traces', 'traces/answered/a.jsonl', item('answered'));
    // More often than a step is tried.
    stack.s3.fail(
      { operation, key: /^(?!.*failure\.json$)/ },
      { kind: 'answer-200', body: errorBody('InternalError') },
      999,
    );
    const failed = await stack.execute(run, over({ prefix: 'traces/answered/' }));
    expect(failed).toMatchObject({ status: 'failed', error: expect.stringMatching(/^Store(?:Unavailable|Refused)$/) });
    expect(stack.s3.get('Collections', runKeys(run).manifest)).toBeUndefined();
    expect(stack.s3.calm()).toBeGreaterThan(0);
    expect(await stack.execute(run, over({ prefix: 'traces/answered/' }))).toMatchObject({
      ...{ status: 'succeeded', output: { status: 'committed', examples: 1 } },
    });
  },
);
