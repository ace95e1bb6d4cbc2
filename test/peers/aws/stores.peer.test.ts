import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import { prefixedStore } from '../../../lib/objects/prefixed-store.ts';
import { storeContract } from '../../adapters/store-contract.ts';
import { dpo } from '../../cli/dpo-process.ts';
import type { Behaviour } from '../../support/s3/faults.ts';
import type { Operation } from '../../support/s3/operations.ts';
import { startLocalStack } from './localstack.ts';
import { dataOf, put, runHere } from './run-here.ts';
import { type S3Proxy, startS3Proxy } from './s3-proxy.ts';
import type { ServerProcess } from './server-process.ts';
import { KEYS, startVersityGateway } from './versitygw.ts';

/** The S3 driver, and whole runs, against S3 servers that others wrote. */

const SERVERS = {
  LocalStack: { start: () => startLocalStack(), credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
  versitygw: { start: startVersityGateway, credentials: KEYS },
};

const REGION = 'us-east-1';
const PART = 5 * 2 ** 20;

/** Six candidates to a turn, their texts long: a collection of some 30 MB from 6, with parts that are copied. */
const ITEMS = Array.from({ length: 60 }, (_, id) => {
  const question = `q${id}`;
  const intermediate_steps = [0, 1, 2, 3, 4, 5].map((score) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${question}-${score}` },
      data: {
        ...{ turn_id: question, turn_index: 0, candidate_index: score, score },
        ...{ input: question, output: `${question}: ${`${score}`.repeat(16_000)}` },
      },
    },
  }));
  return `${JSON.stringify({ id, question, intermediate_steps })}\n`;
}).join('');

const INPUTS = { 'traces/items.jsonl': ITEMS };
const LIMITS = { shard_bytes: 2_000_000 };
const RUN = 'run';
const DATASET = { formats: ['trl', 'openai'], validation_fraction: 0.2 };

describe.each(Object.entries(SERVERS))('%s', (name, { start, credentials }) => {
  let server: ServerProcess;
  let proxy: S3Proxy;
  let client: S3Client;
  beforeAll(async () => {
    server = await start();
    proxy = await startS3Proxy({ target: server.endpoint });
    client = new S3Client({ endpoint: server.endpoint, region: REGION, credentials, forcePathStyle: true });
    for (const Bucket of ['contract', 'traces']) await client.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket: 'traces', VersioningConfiguration }));
    await put(s3Store(client, 'traces'), INPUTS);
  });
  afterAll(async () => {
    client.destroy();
    await proxy.close();
    await server.close();
  });
  beforeEach(() => {
    proxy.calm();
    proxy.slow(0);
  });

  storeContract(`the store's contract on ${name}`, async () => ({
    ...{ store: s3Store(client, 'contract'), partBytes: PART, hidesControlCharacters: name === 'versitygw' },
    close: async () => {},
  }));

  const env = (endpoint: string) => ({
    AWS_ENDPOINT_URL_S3: endpoint.replace('127.0.0.1', 'localhost'),
    ...{ AWS_REGION: REGION, AWS_ACCESS_KEY_ID: credentials.accessKeyId },
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  /** `dpo run` from the server and to it. */
  const runOverS3 = (out: string, endpoint: string) =>
    dpo(['run', 's3://traces/traces/items.jsonl', '--out', `s3://contract/${out}`, '--run-id', RUN, ...SETTINGS], {
      env: env(endpoint),
    });
  const expectSame = async (out: string) => {
    const found = await dataOf(prefixedStore(s3Store(client, 'contract'), `${out}/`), RUN);
    const expected = await inFolder();
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [file, bytes] of expected) expect(Buffer.compare(found.get(file) ?? Buffer.of(), bytes), file).toBe(0);
  };

  test('a whole run from it and to it has the files of one in a folder', async () => {
    const ended = await runOverS3('whole', server.endpoint);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    await expectSame('whole');
  });

  test.each(FAULTS)('a run through $name commits the same files, no line lost or doubled', async ({ fail }) => {
    const out = `faults-${FAULTS.findIndex((each) => each.fail === fail)}`;
    fail(proxy);
    const ended = await runOverS3(out, proxy.endpoint);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    await expectSame(out);
  });

  if (name === 'versitygw') {
    test('a server that is killed in the middle of a run and comes back: the run waits, and commits the same files', async () => {
      let back: Promise<void> | undefined;
      const change = () => {
        back = server.kill().then(() => server.restart());
      };
      proxy.fail({ operation: 'PutObject', key: /shards\/000001\/summary/ }, { kind: 'meanwhile', change });
      const ended = await runOverS3('killed', proxy.endpoint);
      await back;
      expect(back).toBeDefined();
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      await expectSame('killed');
    });
  }
});

const SETTINGS = ['--quiet', '--shard-bytes', String(LIMITS.shard_bytes)].concat(
  ['dataset.formats=["trl","openai"]', 'dataset.validation_fraction=0.2'].flatMap((setting) => ['--set', setting]),
);

const READS = ['GetObject', 'HeadObject', 'ListObjectsV2'] as const;
const WRITES = [
  ...(['PutObject', 'CreateMultipartUpload', 'UploadPart'] as const),
  ...(['UploadPartCopy', 'CompleteMultipartUpload'] as const),
];

/** Each kind of request behaves so, once, and once more in the middle of the run. */
const everywhere = (operations: readonly Operation[], behaviour: Behaviour) => (proxy: S3Proxy) => {
  for (const operation of operations) {
    proxy.fail({ operation }, behaviour);
    proxy.fail({ operation }, behaviour, 1, 3);
  }
};

const FAULTS = [
  { name: '503 answers', fail: everywhere([...READS, ...WRITES], { kind: 'error', status: 503, code: 'SlowDown' }) },
  { name: 'connections that are reset', fail: everywhere([...READS, ...WRITES], { kind: 'drop', applied: false }) },
  { name: 'answers that are lost', fail: everywhere(WRITES, { kind: 'drop', applied: true }) },
  { name: 'bodies that are cut', fail: everywhere(['GetObject'], { kind: 'truncate', after: 1000 }) },
  { name: 'bodies that are short', fail: everywhere(['GetObject'], { kind: 'short', after: 1000 }) },
  { name: 'slow bodies', fail: (proxy: S3Proxy) => proxy.slow(200) },
];

/** What all of them must come to. */
const inFolder = () => {
  here ??= runHere(RUN, INPUTS, (bucket) => ({
    source: { traces: { bucket, key: 'traces/items.jsonl' } },
    ...{ dataset: DATASET, limits: LIMITS },
  }));
  return here;
};
let here: ReturnType<typeof runHere> | undefined;
