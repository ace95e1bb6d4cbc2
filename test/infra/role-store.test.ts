import { expect, onTestFinished, test } from 'vitest';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { tagsOf } from '../../adapters/s3/shard-tag.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { chunksOf, noise } from '../adapters/store-contract.ts';
import { statementsByRole } from '../support/iam-policy.ts';
import { roleStore } from '../support/role-store.ts';
import { clientOf, PART, SMALL } from '../support/s3-client.ts';
import { startS3Server } from '../support/s3-server.ts';

type Rights = Readonly<Record<string, readonly string[]>>;

/** Resources by action: what lets the user do all that these tests do. */
const ALL: Rights = {
  's3:ListBucket': ['B.Arn'],
  's3:GetObject': ['B.Arn/runs/*'],
  's3:GetObjectVersion': ['B.Arn/runs/*'],
  's3:PutObject': ['B.Arn/runs/?/*'],
  's3:PutObjectTagging': ['B.Arn/runs/*'],
  's3:AbortMultipartUpload': ['B.Arn/*'],
  's3:DeleteObject': ['B.Arn/runs/a/large'],
  'kms:*': ['Key.Arn'],
};

/** A bucket as a user has it who may do this, and what was refused. */
async function bucketAs(rights: Rights) {
  const statements = Object.entries(rights).map(([Action, Resource]) => ({
    ...{ Effect: 'Allow', Action, Resource },
    ...(Action.startsWith('kms:') && { Condition: { StringEquals: { 'kms:ViaService': 's3.Region.amazonaws.com' } } }),
  }));
  const { role = [] } = statementsByRole([{ Roles: ['role'], PolicyDocument: { Statement: statements } }]);
  const { guard, refusals } = roleStore({ users: { user: role }, keys: { B: 'Key.Arn' } });
  const server = await startS3Server({ guard, minPartBytes: PART });
  const client = clientOf(server, 'user');
  onTestFinished(() => {
    client.destroy();
    return server.close();
  });
  server.createBucket('B', { versioned: true });
  server.put('B', LARGE, noise(5 * PART));
  return { store: s3Store(client, 'B', { ...SMALL, tagsOf }), refusals };
}

const LARGE = 'runs/a/large';
const NEW = 'runs/a/shards/new';

const works = {
  readLarge: (store) => readAll(store, LARGE),
  readPinned: async (store) => {
    const pin = await store.head(LARGE);
    return readAll(store, LARGE, { pin, end: 10 });
  },
  readFirst: (store) => readAll(store, LARGE, { end: 10 }),
  findAbsent: (store) => store.head('runs/a/absent'),
  list: (store) => Array.fromAsync(store.list('runs/')),
  create: (store) => store.create(NEW, noise(10)),
  write: (store) => store.write(NEW, chunksOf(noise(5 * PART), 100)),
  giveUp: (store) => store.write(NEW, broken()).catch(() => 'the error of the one who wrote'),
  compose: (store) => store.compose(NEW, [{ key: LARGE, bytes: 5 * PART }]),
  remove: (store) => store.remove(LARGE),
} as const satisfies Record<string, (store: ObjectStore) => Promise<unknown>>;

async function* broken() {
  yield noise(3 * PART);
  throw new Error('broken');
}

test('a user with all rights is refused nothing', async () => {
  const { store, refusals } = await bucketAs(ALL);
  for (const work of Object.values(works)) await work(store);
  expect(refusals).toEqual([]);
});

test.each([
  ['readLarge', 's3:GetObjectVersion', LARGE],
  ['readPinned', 's3:GetObjectVersion', LARGE],
  ['readFirst', 's3:GetObject', LARGE],
  ['compose', 's3:GetObject', LARGE],
  ['compose', 's3:PutObject', NEW],
  ['create', 's3:PutObject', NEW],
  ['create', 's3:PutObjectTagging', NEW],
  ['write', 's3:PutObjectTagging', NEW],
  ['remove', 's3:DeleteObject', LARGE],
] as const)('%s takes the right to %s', async (work, action, key) => {
  const { store, refusals } = await bucketAs({ ...ALL, [action]: ['B.Arn/runs/a/another'] });
  await expect(works[work](store)).rejects.toMatchObject({ name: 'StoreRefused' });
  expect(refusals).toContain(`user may not ${action} on B.Arn/${key}`);
});

test.each(['list', 'findAbsent'] as const)('%s takes the right to list the bucket', async (work) => {
  const { store, refusals } = await bucketAs({ ...ALL, 's3:ListBucket': ['B.Arn/*'] });
  await expect(works[work](store)).rejects.toMatchObject({ name: 'StoreRefused' });
  expect(refusals).toEqual(['user may not s3:ListBucket on B.Arn']);
});

test('a refusal that the user gets over is one too', async () => {
  const { store, refusals } = await bucketAs({ ...ALL, 's3:AbortMultipartUpload': [] });
  await works.giveUp(store);
  expect(refusals).toEqual([`user may not s3:AbortMultipartUpload on B.Arn/${NEW}`]);
});

test.each([
  ['readFirst', 'kms:GenerateDataKey', 'kms:Decrypt'],
  ['create', 'kms:Decrypt', 'kms:GenerateDataKey'],
  ['write', 'kms:GenerateDataKey', 'kms:Decrypt'],
] as const)('%s of encrypted objects takes more of the key than %s', async (work, granted, missing) => {
  const { 'kms:*': key = [], ...rights } = ALL;
  const { store, refusals } = await bucketAs({ ...rights, [granted]: key });
  await expect(works[work](store)).rejects.toMatchObject({ name: 'StoreRefused' });
  expect(refusals[0]).toBe(`user may not ${missing} on Key.Arn`);
});
