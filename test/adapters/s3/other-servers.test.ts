import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { s3Client, s3Store } from '../../../adapters/s3/s3-store.ts';
import { crc32 } from '../../../lib/objects/checksum.ts';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { S3Failure } from '../../support/s3/failure.ts';
import { clientOf, PART, SMALL } from '../../support/s3-client.ts';
import { errorBody, type Guard, type S3Server, startS3Server } from '../../support/s3-server.ts';
import { chunksOf, noise } from '../store-contract.ts';

/** What servers that are not AWS's do otherwise. test/peers/aws holds the driver against some of these servers. */

async function open(guard?: Guard): Promise<{ readonly server: S3Server; readonly store: ObjectStore }> {
  const server = await startS3Server({ minPartBytes: PART, ...(guard && { guard }) });
  server.createBucket('bucket');
  const client = clientOf(server);
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return { server, store: s3Store(client, 'bucket', { ...SMALL, idleMs: 5_000 }) };
}

const refusingCopies =
  (status: number, code: string, message: string): Guard =>
  (request, perform) => {
    if (request.operation === 'UploadPartCopy') throw new S3Failure(status, code, message);
    return perform(request);
  };

const body = noise(9 * PART + 5);
const parts = [
  { key: 'small', bytes: 10 },
  { key: 'large', start: 3, bytes: 9 * PART },
  { key: 'large', bytes: 9 * PART + 5 },
];
const whole = Buffer.concat([noise(10), body.subarray(3, 3 + 9 * PART), body]);

async function composing(guard?: Guard) {
  const { server, store } = await open(guard);
  server.put('bucket', 'large', body);
  server.put('bucket', 'small', noise(10));
  return { server, store };
}

describe('a composition by a server that does not copy as AWS does', () => {
  test.each([
    ['MinIO, which copies nothing into an upload with a checksum', refusingCopies(400, 'InvalidArgument', 'A header.')],
    ['one that has no copies', refusingCopies(501, 'NotImplemented', 'A header you provided.')],
    ['one that allows none', refusingCopies(405, 'MethodNotAllowed', 'The method is not allowed.')],
  ])('passes through here: %s', async (_, guard) => {
    const { server, store } = await composing(guard);
    let copied = 0;
    const onCopied = (bytes: number): void => {
      copied += bytes;
    };
    await store.compose('whole', parts, { crc32: crc32(whole), onCopied });
    expect(Buffer.compare(await readAll(store, 'whole'), whole)).toBe(0);
    expect(copied).toBe(whole.length);
    expect(server.uploads()).toEqual([]);
  });

  test('passes through here: versitygw, whose checksum of a copied range is wrong', async () => {
    const { server, store } = await composing();
    server.fail({ operation: 'CompleteMultipartUpload' }, { kind: 'error', status: 400, code: 'BadDigest' });
    await store.compose('whole', parts, { crc32: crc32(whole) });
    expect(Buffer.compare(await readAll(store, 'whole'), whole)).toBe(0);
  });

  test('is checked all the same, and changes nothing where a part is another', async () => {
    const { server, store } = await composing(refusingCopies(400, 'InvalidArgument', 'A header.'));
    server.put('bucket', 'whole', 'before');
    await expect(store.compose('whole', parts, { crc32: 1 })).rejects.toMatchObject({
      name: 'CorruptObject',
      message: expect.stringContaining('s3://bucket/whole should have CRC-32 1, but its parts have'),
    });
    const short = store.compose('whole', [{ key: 'large', bytes: 9 * PART + 6 }]);
    await expect(short).rejects.toMatchObject({
      name: 'CorruptObject',
      message: expect.stringContaining(`s3://bucket/large should have ${9 * PART + 6} bytes`),
    });
    expect(server.get('bucket', 'whole')?.toString()).toBe('before');
    expect(server.uploads()).toEqual([]);
  });

  test('is not tried by a user who may not copy', async () => {
    const { server, store } = await composing(refusingCopies(403, 'AccessDenied', 'No.'));
    await expect(store.compose('whole', parts)).rejects.toMatchObject({ name: 'StoreRefused' });
    expect(server.traffic.requests.UploadPart ?? 0).toBeLessThanOrEqual(1);
  });
});

/** As https://developers.cloudflare.com/r2/api/s3/api/ and …/r2/objects/multipart-objects/ have it, on 2026-11-10. */
const asR2: Guard = (request, perform) => {
  if (request.headers['x-amz-checksum-type'] === 'FULL_OBJECT') {
    throw new S3Failure(501, 'NotImplemented', 'FULL_OBJECT of CRC32');
  }
  if (request.operation === 'CompleteMultipartUpload') {
    const parts = [...(request.bucket.uploads.get(request.query.get('uploadId') ?? '')?.parts.values() ?? [])];
    const sizes = new Set(parts.slice(0, -1).map((part) => part.body.length));
    if (sizes.size > 1) throw new S3Failure(400, 'InvalidPart', 'All non-trailing parts must have the same length.');
  }
  return perform(request);
};

describe('R2, which has no checksum of a whole object, and takes parts of one size', () => {
  const long = noise(9 * PART + 5);

  test('takes files of many parts, each with its checksum, and replaces none that is there', async () => {
    const { server, store } = await open(asR2);
    expect(await store.write('a', chunksOf(long, 700))).toEqual({ bytes: long.length, crc32: crc32(long) });
    expect(Buffer.compare(await readAll(store, 'a'), long)).toBe(0);
    expect(await store.write('a', chunksOf(noise(9 * PART), 700), { ifAbsent: true })).toBe('exists');
    expect(server.get('bucket', 'a')).toEqual(long);
    expect(server.uploads()).toEqual([]);
  });

  test('composes from here, checked: a part that changed fails', async () => {
    const { server, store } = await composing(asR2);
    await store.compose('whole', parts, { crc32: crc32(whole) });
    expect(Buffer.compare(await readAll(store, 'whole'), whole)).toBe(0);
    expect(server.traffic.requests.UploadPartCopy).toBeUndefined();
    await expect(store.compose('other', parts, { crc32: 1 })).rejects.toMatchObject({ name: 'CorruptObject' });
    expect(server.keys('bucket')).not.toContain('other');
    expect(server.uploads()).toEqual([]);
  });

  test('a user without the right to write gets an error at once', async () => {
    const { server, store } = await open((request, perform) => {
      if (request.operation === 'CreateMultipartUpload') throw new S3Failure(403, 'AccessDenied');
      return perform(request);
    });
    await expect(store.write('a', chunksOf(long, 700))).rejects.toMatchObject({ name: 'StoreRefused' });
    expect(server.traffic.requests.CreateMultipartUpload).toBe(1);
  });
});

test('a server that does not encode keys lists those that it can show; one that it cannot is refused by name', async () => {
  const { server, store } = await open((request, perform) => {
    request.query.delete('encoding-type');
    return perform(request);
  });
  for (const key of ['a b+c%41', 'b']) server.put('bucket', key, 'x');
  expect((await Array.fromAsync(store.list(''))).map(({ key }) => key)).toEqual(['a b+c%41', 'b']);
  server.put('bucket', 'c\u0001d', 'x');
  await expect(Array.fromAsync(store.list(''))).rejects.toMatchObject({
    ...{ name: 'StoreRefused', message: expect.stringContaining('s3://bucket as "c\ufffdd": it shows no control') },
  });
});

test('a refusal is told in the server’s own words, and a request that it does not take is no change of an object', async () => {
  const words = 'The XML you provided was not well-formed.';
  const { store } = await composing((request, perform) => {
    if (request.operation !== 'UploadPart' && request.operation !== 'UploadPartCopy') return perform(request);
    throw new S3Failure(400, 'InvalidRequest', words);
  });
  const failure = await store.compose('whole', parts).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'StoreRefused',
    message:
      "S3 refused the request for s3://bucket/whole: InvalidRequest (HTTP 400): The XML you provided was not well-formed. Check the bucket's region and settings, and the key.",
  });
});

test.each([
  ['an error in its body', errorBody('AccessDenied')],
  ['a page to log in', '<!doctype html>\n<html><body>Log in</body></html>'],
  ['nothing', ''],
])('an endpoint that answers 200 with %s is not believed', async (_, body) => {
  const { server, store } = await open();
  for (const operation of ['HeadObject', 'GetObject', 'ListObjectsV2', 'PutObject', 'CreateMultipartUpload'] as const) {
    server.fail({ operation }, { kind: 'answer-200', body }, 99);
  }
  for (const work of [
    () => store.head('a'),
    () => readAll(store, 'a'),
    () => Array.fromAsync(store.list('')),
    () => store.create('a', noise(3)),
    () => store.write('a', chunksOf(noise(5 * PART), PART)),
    () => store.compose('a', []),
  ]) {
    await expect(work()).rejects.toMatchObject({ name: expect.stringMatching(/^Store(?:Unavailable|Refused)$/) });
  }
});

describe('an endpoint', () => {
  test.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])(
    'by host name, from %s, is asked for its buckets by path',
    async (name) => {
      const { server } = await open();
      server.put('bucket', 'a', 'there');
      vi.stubEnv(name, server.endpoint.replace('127.0.0.1', 'localhost'));
      vi.stubEnv('AWS_REGION', 'us-east-1');
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
      const client = s3Client();
      onTestFinished(() => {
        client.destroy();
        vi.unstubAllEnvs();
      });
      expect(String(await readAll(s3Store(client, 'bucket'), 'a'))).toBe('there');
    },
  );

  test.each([
    [undefined, 'bucket.s3.eu-central-1.amazonaws.com/'],
    ['https://s3.eu-central-1.amazonaws.com', 'bucket.s3.eu-central-1.amazonaws.com/'],
    ['https://s3.cn-north-1.amazonaws.com.cn', 'bucket.s3.cn-north-1.amazonaws.com.cn/'],
    [
      'https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com',
      'bucket.bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com/',
    ],
    ['https://account.r2.cloudflarestorage.com', 'account.r2.cloudflarestorage.com/bucket'],
    ['http://minio:9000', 'minio/bucket'],
    ['https://s3.example.com/amazonaws.com', 's3.example.com/amazonaws.com/bucket'],
  ])('%s answers for a bucket at %s', (Endpoint, place) => {
    const client = s3Client();
    const { url } = client.config.endpointProvider({
      ...{ Bucket: 'bucket', Region: 'eu-central-1', UseFIPS: false, UseDualStack: false, Accelerate: false },
      ...{ UseGlobalEndpoint: false, DisableMultiRegionAccessPoints: false },
      ...(Endpoint !== undefined && { Endpoint }),
    });
    client.destroy();
    expect(`${url.hostname}${url.pathname}`).toBe(place);
  });
});
