import { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Client, s3Store } from '../../../adapters/s3/s3-store.ts';
import { readAll } from '../../../lib/objects/store.ts';
import { clientOf, PART, SMALL } from '../../support/s3-client.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';
import { chunksOf, noise, storeContract } from '../store-contract.ts';

if (process.env.S3_ENDPOINT) {
  storeContract(`S3 at ${process.env.S3_ENDPOINT}`, async () => {
    process.env.AWS_ENDPOINT_URL_S3 = process.env.S3_ENDPOINT;
    const client = s3Client();
    const bucket = process.env.S3_BUCKET ?? 'dpo-trajectories-test';
    return { store: s3Store(client, bucket), partBytes: 5 * 2 ** 20, close: async () => client.destroy() };
  });
} else {
  for (const versioned of [false, true]) {
    storeContract(versioned ? 'the S3 store, with versions' : 'the S3 store', async () => {
      const server = await startS3Server({ minPartBytes: PART, pageSize: 3 });
      server.createBucket('bucket', { versioned });
      const client = clientOf(server);
      const close = async () => {
        expect(server.uploads()).toEqual([]);
        client.destroy();
        await server.close();
      };
      return { store: s3Store(client, 'bucket', { ...SMALL, idleMs: 5_000 }), partBytes: PART, close };
    });
  }
}

describe("S3's errors", () => {
  let server: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    server = await startS3Server();
    server.createBucket('bucket');
    client = clientOf(server);
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
  });

  test.each([
    [
      403,
      'AccessDenied',
      'StoreRefused',
      /S3 refused s3:\/\/bucket\/a: AccessDenied \(HTTP 403\)\. Check that the credentials allow/,
    ],
    [400, 'ExpiredToken', 'StoreRefused', /ExpiredToken .* Check that the credentials allow/],
    [400, 'AuthorizationHeaderMalformed', 'StoreRefused', /Check the bucket's region/],
    [404, 'NoSuchBucket', 'StoreRefused', /S3 has no bucket "bucket" \(asked for "a"\): check its name/],
    [404, 'NoSuchKey', 'ObjectNotFound', /s3:\/\/bucket\/a does not exist/],
    [400, 'BadDigest', 'CorruptObject', /other bytes for s3:\/\/bucket\/a/],
    [503, 'SlowDown', 'StoreUnavailable', /failed repeatedly, for s3:\/\/bucket\/a: SlowDown \(HTTP 503\)/],
    [500, 'InternalError', 'StoreUnavailable', /InternalError/],
  ])('HTTP %i %s is a %s', async (status, code, name, message) => {
    // The SDK asks three times where it may help.
    server.fail({ key: 'a' }, { kind: 'error', status, code }, status >= 500 ? 3 : 1);
    // With time enough: the SDK waits between them.
    const failure = await readAll(s3Store(client, 'bucket'), 'a').catch((error) => error);
    expect(failure).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(failure.cause).toMatchObject({ name: code });
  });

  test('a store that cannot be reached is unavailable', async () => {
    const gone = await startS3Server();
    const client = clientOf(gone);
    await gone.close();
    await expect(s3Store(client, 'bucket').head('a')).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('missing credentials are refused with the way out', async () => {
    const nobody = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' })),
    });
    await expect(s3Store(nobody, 'bucket').head('a')).rejects.toMatchObject({
      name: 'StoreRefused',
      message: expect.stringContaining('Set AWS_PROFILE'),
    });
  });

  test('a browser shows the report of a run where it stands, and saves the lines', async () => {
    const store = s3Store(client, 'bucket');
    const typeOf = async (key: string) => {
      await store.write(key, Readable.from([Buffer.from('x')]), {});
      return (await client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: key }))).ContentType;
    };
    expect(await typeOf('runs/r/report.html')).toBe('text/html; charset=utf-8');
    expect(await typeOf('runs/r/manifest.json')).toBe('application/json');
    expect(await typeOf('runs/r/collection.jsonl')).toBe('application/octet-stream');
  });

  test('a bucket that is not there is refused', async () => {
    const listing = Array.fromAsync(s3Store(client, 'nowhere').list('a'));
    await expect(listing).rejects.toMatchObject({ name: 'StoreRefused' });
  });

  test("the tests' S3 reads the SDK's chunked streams and verifies their trailing checksum", async () => {
    const body = noise(100_000);
    await client.send(
      new PutObjectCommand({
        Bucket: 'bucket',
        Key: 'stream',
        Body: Readable.from(chunksOf(body, 9_000)),
        ContentLength: body.length,
      }),
    );
    expect(server.get('bucket', 'stream')).toEqual(body);
  });
});
