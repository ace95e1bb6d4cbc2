import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import { SHARD_TAG, tagsOf } from '../../../adapters/s3/shard-tag.ts';
import { clientOf, PART, SMALL } from '../../support/s3-client.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';
import { chunksOf, noise } from '../store-contract.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ minPartBytes: PART });
  server.createBucket('bucket');
});
afterAll(() => server.close());

const Sent = z.object({ path: z.string(), headers: z.record(z.string(), z.string()) });

/** `x-amz-tagging` of every request that began an object, by its path. */
function watched() {
  const client = clientOf(server);
  const tags: [path: string, tagging: string | undefined][] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      const { path, headers } = Sent.parse(args.request);
      if (/^(PutObject|CreateMultipartUpload)Command$/.test(String(context.commandName))) {
        tags.push([path, headers['x-amz-tagging']]);
      }
      return next(args);
    },
    { step: 'finalizeRequest' },
  );
  return { client, tags };
}

const write = async (key: string, tagging: { tagsOf?: typeof tagsOf }) => {
  const { client, tags } = watched();
  const store = s3Store(client, 'bucket', { ...SMALL, ...tagging });
  await store.create(`${key}-alone`, noise(10));
  await store.write(`${key}-in-parts`, chunksOf(noise(5 * PART), 100));
  await store.compose(`${key}-composed`, [{ key: `${key}-in-parts`, bytes: 5 * PART }]);
  client.destroy();
  return tags;
};

test.each(['runs/a/shards/000001/x', 'runs/a/choice/000001.bin'])(
  '%s is tagged, however it is written',
  async (key) => {
    const tag = 'dpo-trajectories=shard';
    expect(SHARD_TAG).toEqual({ 'dpo-trajectories': 'shard' });
    expect(await write(key, { tagsOf })).toEqual(
      ['alone', 'in-parts', 'composed'].map((how) => [`/bucket/${key}-${how}`, tag]),
    );
  },
);

test.each([
  ...['runs/a/collection.jsonl', 'runs/shards/collection.jsonl', 'runs/a/traces/shards/0', 'shards/a'],
  ...['runs/a/datasets/choice/x', 'runs/choice/collection.jsonl', 'runs/a/choice.jsonl', 'choice/a'],
])('%s stays, so it is not tagged', async (key) => {
  expect(new Set((await write(key, { tagsOf })).map(([, tagging]) => tagging))).toEqual(new Set([undefined]));
});

test('nothing is tagged where nobody asks for it: it takes a permission of its own', async () => {
  const tags = await write('runs/a/shards/000001/x', {});
  expect(new Set(tags.map(([, tagging]) => tagging))).toEqual(new Set([undefined]));
});
