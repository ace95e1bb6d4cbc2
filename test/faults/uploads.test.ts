import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps } from '../support/run.ts';
import { clientOf } from '../support/s3-client.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { eventOf, uploadEvents } from './upload-events.ts';

let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3Server();
  client = clientOf(server);
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

/** One example with a pair, whose id tells which upload it came with. */
const upload = (id: string) => {
  const step = (output: string, score: number) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      UUID: output,
      metadata: null,
      data: { turn_id: 't', candidate_index: 0, score, input: 'the prompt', output },
    },
  });
  return Buffer.from(JSON.stringify([{ id, intermediate_steps: [step('A', 1), step('B', 0)] }]));
};

const committed = async (collections: ObjectStore) => {
  const keys = (await Array.fromAsync(collections.list('runs/'))).map(({ key }) => key);
  const runs = keys.filter((key) => key.endsWith('/collection.jsonl') && !key.includes('/shards/'));
  expect(keys.filter((key) => key.endsWith('/manifest.json'))).toHaveLength(runs.length);
  const texts = await Promise.all(
    runs.map(async (key) => Buffer.concat(await Array.fromAsync(collections.read(key))).toString()),
  );
  return texts.map((text) => JSON.parse(text).example_id).sort();
};

test('events that come late, twice and in any order give a run an upload, of the bytes of that upload', async () => {
  server.createBucket('traces', { versioned: true });
  const traces = s3Store(client, 'traces');
  const collections = memoryStore('collections');
  const events = [];
  for (const id of ['first', 'second', 'third']) {
    server.put('traces', 't.json', upload(id));
    events.push(await eventOf(traces, 't.json'));
  }
  for (const at of [2, 0, 0, 1, 2, 1, 0]) await runRetrying(events[at], memoryDeps(traces, collections), `e${at}`);
  expect(await committed(collections)).toEqual(['first', 'second', 'third']);
});

test('without versions, a late event never evaluates newer bytes under the name of the older', async () => {
  const traces = memoryStore('traces');
  const collections = memoryStore('collections');
  traces.objects.set('t.json', upload('first'));
  const late = await eventOf(traces, 't.json');
  traces.objects.set('t.json', upload('second'));
  const deps = memoryDeps(traces, collections);
  await expect(runRetrying(late, deps)).rejects.toThrow(expect.objectContaining({ name: 'InputChanged' }));
  await runRetrying(await eventOf(traces, 't.json'), deps);
  expect(await committed(collections)).toEqual(['second']);
});

test('without versions, a run that is committed is still found by the late second event of its upload', async () => {
  const traces = memoryStore('traces');
  const collections = memoryStore('collections');
  traces.objects.set('t.json', upload('first'));
  const event = await eventOf(traces, 't.json');
  const deps = memoryDeps(traces, collections);
  await runRetrying(event, deps);
  traces.objects.set('t.json', upload('second'));
  await runRetrying(event, deps);
  expect(await committed(collections)).toEqual(['first']);
});

test('a run.json that was replaced before it was read is not taken for the one of the event', async () => {
  const traces = memoryStore('traces');
  traces.objects.set('t/run.json', Buffer.from('{"builder":{"min_score_diff":0.5}}'));
  traces.objects.set('t/a.json', upload('a'));
  const late = await eventOf(traces, 't/run.json');
  traces.objects.set('t/run.json', Buffer.from('{"builder":{"min_score_diff":0.25}}'));
  await expect(runRetrying(late, memoryDeps(traces))).rejects.toThrow(
    expect.objectContaining({ name: 'InputChanged' }),
  );
});

test('whatever the order of their events, doubled ones too, uploads leave the bytes that each leaves alone', async () => {
  // `npm run test:faults` takes twenty orders.
  const none = { lost: 0, doubled: 0, changed: 0 };
  expect(await uploadEvents(2)).toMatchObject({ ...none, injected: 30, outcomes: { committed: 30 } });
});
