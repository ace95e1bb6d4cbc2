import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import { crc32 } from '../../../lib/objects/checksum.ts';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { clientOf, PART, SMALL } from '../../support/s3-client.ts';
import { errorBody, type S3Server, startS3Server } from '../../support/s3-server.ts';
import { chunksOf, noise } from '../store-contract.ts';

describe('the S3 store, when S3 fails', () => {
  let server: S3Server;
  let client: S3Client;
  let store: ObjectStore;
  beforeAll(async () => {
    server = await startS3Server({ minPartBytes: PART });
    client = clientOf(server);
    store = s3Store(client, 'bucket', SMALL);
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
  });
  beforeEach(() => {
    server.createBucket('bucket');
    server.traffic.reset();
  });
  afterEach(() => {
    expect(server.uploads()).toEqual([]);
  });

  const write = (key: string, body: Uint8Array, ifAbsent = false) =>
    store.write(key, chunksOf(body, 700), { ifAbsent });

  describe('reading', () => {
    const body = noise(9 * PART + 1);
    beforeEach(() => server.put('bucket', 'a', body));
    const operation = 'GetObject';

    test.each([
      { kind: 'hang', after: 0 },
      { kind: 'hang', after: 100 },
      { kind: 'truncate', after: 0 },
      { kind: 'truncate', after: 100 },
      { kind: 'short', after: 0 },
      { kind: 'short', after: 100 },
      { kind: 'error', status: 503, code: 'SlowDown' },
      { kind: 'drop', applied: false },
    ] as const)('a range that meets $kind $after is read all the same', async (behaviour) => {
      server.fail({ operation }, behaviour, 2);
      expect(Buffer.compare(await readAll(store, 'a'), body)).toBe(0);
    });

    test('a body that breaks is resumed where it stopped', async () => {
      server.fail({ operation }, { kind: 'truncate', after: 1_500 });
      await readAll(store, 'a', { end: 2_000 });
      expect(server.traffic.bytesOut).toBe(2_000);
    });

    test.each(['hang', 'truncate'] as const)('bodies that only %s are given up by name', async (kind) => {
      server.fail({ operation }, { kind, after: 1 }, 4);
      await expect(readAll(store, 'a')).rejects.toMatchObject({
        name: 'StoreUnavailable',
        message: expect.stringMatching(/Reading s3:\/\/bucket\/a stopped at byte 4, 4 times: .+ Try again\./),
      });
    });

    test('bytes that are not what their checksum says are read again', async () => {
      server.put('bucket', 'small', noise(100));
      server.fail({ operation }, { kind: 'wrong-checksum' });
      expect(await readAll(store, 'small')).toEqual(noise(100));
      expect(server.traffic.requests.GetObject).toBe(2);
    });

    test('without versions, an object replaced or removed halfway fails the read by name', async () => {
      for (const change of [() => server.put('bucket', 'a', noise(9 * PART)), () => server.remove('bucket', 'a')]) {
        server.put('bucket', 'a', body);
        const pin = await store.head('a');
        const reading = async () => {
          for await (const _ of store.read('a', { pin })) change();
        };
        await expect(reading()).rejects.toMatchObject({ name: 'InputChanged' });
      }
    });

    test('with versions, the pinned one is read whatever comes after, until it is gone', async () => {
      server.createBucket('bucket', { versioned: true });
      server.put('bucket', 'a', body);
      const pin = await store.head('a');
      expect(pin?.version).toBeDefined();
      server.put('bucket', 'a', noise(5));
      server.remove('bucket', 'a');
      expect(Buffer.compare(await readAll(store, 'a', { pin }), body)).toBe(0);
      await expect(readAll(store, 'a')).rejects.toMatchObject({ name: 'ObjectNotFound' });
      server.createBucket('bucket', { versioned: true });
      await expect(readAll(store, 'a', { pin })).rejects.toMatchObject({ name: 'InputChanged' });
    });

    test('a reader that stops early asks for no more', async () => {
      for await (const _ of store.read('a')) break;
      expect(server.traffic.requests.GetObject).toBeLessThanOrEqual(2);
    });
  });

  describe('writing', () => {
    test('a small stream is one request, a large one is sent in parts', async () => {
      await write('small', noise(2 * PART - 1));
      expect(server.traffic.requests).toEqual({ PutObject: 1 });
      server.traffic.reset();
      await write('large', noise(7 * PART));
      expect(server.traffic.requests).toEqual({ CreateMultipartUpload: 1, UploadPart: 4, CompleteMultipartUpload: 1 });
      expect(server.get('bucket', 'large')).toEqual(noise(7 * PART));
    });

    test.each(['PutObject', 'CompleteMultipartUpload'] as const)(
      'a precondition that failed, of a %s that set none, is a failure: nothing else stands there',
      async (operation) => {
        const bytes = operation === 'PutObject' ? PART - 1 : 7 * PART;
        server.put('bucket', 'part', noise(bytes));
        const failed = { kind: 'error', status: 412, code: 'PreconditionFailed' } as const;
        for (const work of [
          () => write('whole', noise(bytes)),
          () => store.compose('whole', [{ key: 'part', bytes }], { crc32: crc32(noise(bytes)) }),
        ]) {
          server.fail({ operation }, failed);
          await expect(work()).rejects.toMatchObject({ name: 'StoreRefused' });
          expect(server.get('bucket', 'whole')).toBeUndefined();
        }
      },
    );

    test('a conflict with another conditional PUT is tried again', async () => {
      server.fail({ operation: 'PutObject' }, { kind: 'error', status: 409, code: 'ConditionalRequestConflict' }, 3);
      expect(await store.create('a', noise(1))).toBe('created');
      server.fail({ operation: 'PutObject' }, { kind: 'error', status: 409, code: 'ConditionalRequestConflict' }, 5);
      await expect(store.create('b', noise(1))).rejects.toMatchObject({ name: 'StoreUnavailable' });
    });

    test('a conflict at the end of an upload fails the step so that it runs again', async () => {
      const conflict = { kind: 'error', status: 409, code: 'ConditionalRequestConflict' } as const;
      server.fail({ operation: 'CompleteMultipartUpload' }, conflict);
      await expect(write('a', noise(7 * PART), true)).rejects.toMatchObject({ name: 'StoreUnavailable' });
      expect(await write('a', noise(7 * PART), true)).toMatchObject({ bytes: 7 * PART });
    });

    test('of two uploads that race, one writes and one finds what stands', async () => {
      const both = await Promise.all([write('a', noise(7 * PART), true), write('a', noise(6 * PART), true)]);
      expect(both.filter((outcome) => outcome === 'exists')).toHaveLength(1);
    });

    test.each(['UploadPart', 'CreateMultipartUpload', 'CompleteMultipartUpload'] as const)(
      '%s: an error that passes is not seen, one that stays leaves nothing behind',
      async (operation) => {
        server.fail({ operation }, { kind: 'error', status: 503, code: 'SlowDown' });
        expect(await write('a', noise(7 * PART))).toEqual({ bytes: 7 * PART, crc32: crc32(noise(7 * PART)) });
        const before = server.get('bucket', 'a');
        server.fail({ operation }, { kind: 'error', status: 403, code: 'AccessDenied' });
        await expect(write('a', noise(6 * PART))).rejects.toMatchObject({ name: 'StoreRefused' });
        expect(server.get('bucket', 'a')).toBe(before);
      },
    );

    test.each(['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'] as const)(
      '%s: a lost answer does no harm',
      async (operation) => {
        const body = noise(operation === 'PutObject' ? 10 : 7 * PART);
        server.fail({ operation }, { kind: 'drop', applied: true });
        if (operation === 'AbortMultipartUpload') {
          server.put('bucket', 'a', body);
          expect(await write('a', body, true)).toBe('exists');
        } else {
          expect(await write('a', body)).toEqual({ bytes: body.length, crc32: crc32(body) });
        }
        expect(server.get('bucket', 'a')).toEqual(body);
      },
    );

    test('an error inside a 200 is an error', async () => {
      const operation = 'CompleteMultipartUpload';
      server.fail({ operation }, { kind: 'answer-200', body: errorBody('InternalError') });
      expect(await write('a', noise(7 * PART))).toMatchObject({ bytes: 7 * PART });
      // The SDK looks for "</Error>" at the very end only.
      for (const body of [`${errorBody('InternalError')}\n`, '<?xml version="1.0"?>\n<Nothing/>']) {
        server.fail({ operation }, { kind: 'answer-200', body });
        await expect(write('b', noise(7 * PART))).rejects.toMatchObject({ name: 'StoreUnavailable' });
      }
      expect(server.keys('bucket')).toEqual(['a']);
    });
  });

  describe('composing', () => {
    const large = noise(9 * PART);
    const small = noise(10);
    beforeEach(() => {
      server.put('bucket', 'large', large);
      server.put('bucket', 'small', small);
    });
    const parts = [
      { key: 'small', bytes: 10 },
      { key: 'large', bytes: 9 * PART },
      { key: 'large', bytes: 9 * PART },
      { key: 'small', bytes: 10 },
    ];
    const whole = Buffer.concat([small, large, large, small]);

    test('large objects are copied by S3: only what small ones lack passes through here', async () => {
      await store.compose('a', parts, { crc32: crc32(whole) });
      expect(server.get('bucket', 'a')).toEqual(whole);
      expect(server.traffic.requests.UploadPartCopy).toBe(6);
      const [documents, small] = [8 * 1_024, PART + 10];
      expect(server.traffic.bytesIn).toBeLessThan(small + documents);
      expect(server.traffic.bytesOut).toBeLessThan(small + documents);
    });

    test('many are copied at once, but what passes through here eight at a time', async () => {
      const underWay = new Map<string, number>();
      const most = new Map<string, number>();
      const counting = clientOf(server);
      counting.middlewareStack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            const now = (underWay.get(commandName) ?? 0) + 1;
            underWay.set(commandName, now);
            most.set(commandName, Math.max(now, most.get(commandName) ?? 0));
            try {
              return await next(args);
            } finally {
              underWay.set(commandName, (underWay.get(commandName) ?? 0) - 1);
            }
          },
        { step: 'initialize' },
      );
      const many = Array.from({ length: 20 }, () => parts).flat();
      await s3Store(counting, 'bucket', { ...SMALL, idleMs: 20_000 }).compose('a', many);
      expect(server.get('bucket', 'a')?.length).toBe(20 * whole.length);
      expect(most.get('UploadPartCopyCommand')).toBeGreaterThan(16);
      expect(most.get('UploadPartCommand')).toBeLessThanOrEqual(8);
      expect(most.get('GetObjectCommand')).toBeLessThanOrEqual(8);
    });

    test('small objects alone are one PUT', async () => {
      await store.compose(
        'a',
        [parts[0], parts[3]].flatMap((part) => part ?? []),
      );
      expect(server.traffic.requests).toEqual({ GetObject: 2, PutObject: 1 });
    });

    test('more parts than one upload takes are composed in a tree that leaves nothing behind', async () => {
      const sizes = { maxParts: 3, maxPartBytes: 1_000 * PART, partBytes: () => 1_000 * PART };
      const few = s3Store(client, 'bucket', { ...SMALL, ...sizes });
      const many = Array.from({ length: 7 }, () => parts).flat();
      const expected = Buffer.concat(Array.from({ length: 7 }, () => whole));
      await few.compose('a', many, { crc32: crc32(expected) });
      expect(Buffer.compare(server.get('bucket', 'a') ?? noise(0), expected)).toBe(0);
      expect(server.keys('bucket')).toEqual(['a', 'large', 'small']);
      await expect(few.compose('b', many, { crc32: 1 })).rejects.toMatchObject({ name: 'CorruptObject' });
      expect(server.keys('bucket')).toEqual(['a', 'large', 'small']);
    });

    test('more bytes than an object takes are refused before anything is copied', async () => {
      const few = s3Store(client, 'bucket', { ...SMALL, maxParts: 3 });
      await expect(few.compose('a', parts)).rejects.toMatchObject({
        name: 'StoreRefused',
        message: 's3://bucket/a would have 18452 bytes, too many for one S3 object: split the run.',
      });
      expect(server.traffic.requests).toEqual({});
    });

    test('a part that changes meanwhile fails by its checksum', async () => {
      server.put('bucket', 'large', noise(9 * PART + 1).subarray(1));
      const composed = store.compose('a', parts, { crc32: crc32(whole) });
      await expect(composed).rejects.toMatchObject({
        name: 'CorruptObject',
        message: expect.stringContaining('s3://bucket/a should have CRC-32'),
      });
    });

    test('an error inside a 200 of a copy is an error', async () => {
      const operation = 'UploadPartCopy';
      server.fail({ operation }, { kind: 'answer-200', body: errorBody('SlowDown') });
      await store.compose('a', parts, { crc32: crc32(whole) });
      server.fail({ operation }, { kind: 'answer-200', body: `${errorBody('SlowDown')}\n` });
      await expect(store.compose('b', parts)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    });

    test.each(['UploadPartCopy', 'CompleteMultipartUpload'] as const)(
      '%s: a lost answer does no harm',
      async (operation) => {
        server.fail({ operation }, { kind: 'drop', applied: true });
        await store.compose('a', parts);
        expect(server.get('bucket', 'a')).toEqual(whole);
      },
    );
  });
});
