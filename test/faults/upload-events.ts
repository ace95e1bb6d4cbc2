import { deepStrictEqual } from 'node:assert';
import type { S3Event } from '../../lib/contract/start.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { each } from '../../lib/stages/each.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { randomOf } from '../support/scheduled-store.ts';
import { committedRun, damageOf } from './committed.ts';
import { depsAt } from './crashes.ts';
import { note, type Row, row } from './matrix.ts';
import { overS3 } from './over-s3.ts';
import { traceObjects } from './traces.ts';

/**
 * Uploads, most of them over one key, and then each one's event three times, in an order that a seed decides, two
 * executions at a time: every upload has its one run, of the bytes that its run alone would leave, and there is no other.
 */
export async function uploadEvents(orders: number): Promise<Row> {
  const into = row('over HTTP: each event of an upload three times, late, in any order');
  await overS3(async ({ server, makeStores }) => {
    const { traces, collections, standing } = await makeStores();
    const events: { readonly event: S3Event; readonly runId: string }[] = [];
    for (const [key, bytes] of UPLOADS) {
      server.put('traces', key, bytes);
      const event = await eventOf(traces, key);
      const { run_id: runId } = await evaluate({ execution: 'alone', input: event }, depsAt(0, traces, collections));
      await runRetrying(event, depsAt(0, traces, collections), 'alone');
      events.push({ event, runId });
    }
    const alone = standing();
    for (let seed = 1; seed <= orders; seed += 1) {
      server.createBucket('collections');
      const order = shuffled([...events, ...events, ...events], seed);
      await each(order, 2, ({ event }, at) => runRetrying(event, depsAt(1 + at, traces, collections), `e${at}`));
      const left = standing();
      deepStrictEqual(await keysOf(left), await keysOf(alone));
      for (const { runId } of order) {
        const undisturbed = await committedRun(alone, runId);
        if (!undisturbed) throw new Error('an undisturbed run commits');
        note(into, 'committed', damageOf(await committedRun(left, runId), undisturbed));
      }
    }
  });
  return into;
}

/** What S3 sends of the object as it is now. */
export async function eventOf(traces: ObjectStore, key: string): Promise<S3Event> {
  const object = await traces.head(key);
  return {
    'detail-type': 'Object Created',
    detail: {
      bucket: { name: 'traces' },
      object: { key, size: object?.bytes, etag: object?.etag.replaceAll('"', ''), 'version-id': object?.version },
    },
  };
}

const bytesOf = (key: string, answer: string): Buffer => {
  const [, bytes] = traceObjects(answer).find(([other]) => other === key) ?? [];
  if (!bytes) throw new Error(`${key} is no trace object`);
  return bytes;
};

/** The last one starts a run over all that then stands there, in several shards. */
const UPLOADS: readonly (readonly [key: string, bytes: Buffer])[] = [
  ...['first', 'second'].map((answer) => ['t/a.json', bytesOf('t/a.json', answer)] as const),
  ['t/c.jsonl.gz', bytesOf('t/c.jsonl.gz', 'answer')],
  ['t/a.json', bytesOf('t/a.json', 'third')],
  ['t/run.json', Buffer.from('{"limits":{"shard_bytes":2048}}')],
];

const keysOf = async (store: ObjectStore): Promise<string[]> =>
  (await Array.fromAsync(store.list('runs/'))).map(({ key }) => key);

function shuffled<One>(all: readonly One[], seed: number): One[] {
  const random = randomOf(seed);
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
