import { setTimeout as wait } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { crc32, crc32Base64 } from '../../lib/objects/checksum.ts';
import type { WriteOptions, Written } from '../../lib/objects/store.ts';
import type { Bucket } from './bucket.ts';
import { answerOf, storeError } from './errors.ts';
import { multipart, type SendPart, unfinished, uploadPart } from './multipart.ts';

/** One PUT of an object that is in memory. */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  { ifAbsent = false }: WriteOptions,
): Promise<'created' | 'exists'> {
  const checksum = crc32Base64(crc32(body));
  for (let tries = 1; ; tries++) {
    try {
      const { ETag } = await bucket.client.send(
        new PutObjectCommand({
          Bucket: bucket.name,
          Key: key,
          Body: body,
          ContentLength: body.length,
          ContentType: contentTypeOf(key),
          ChecksumCRC32: checksum,
          IfNoneMatch: ifAbsent ? '*' : undefined,
          Tagging: bucket.tagsOf(key),
        }),
      );
      if (!ETag) throw unfinished(bucket, key, 'the object');
      return 'created';
    } catch (error) {
      const { status } = answerOf(error);
      if (ifAbsent && status === 412) return 'exists';
      // 409: another conditional write was under way; the next try finds its outcome.
      if (status !== 409 || tries === CONFLICT_TRIES) throw storeError(bucket, key, error);
      await wait(bucket.limits.conflictWaitMs * 2 ** (tries - 1));
    }
  }
}

const CONFLICT_TRIES = 5;

/** So that a browser shows the report where it stands, and does not download it. Larger objects are nobody's page. */
function contentTypeOf(key: string): string | undefined {
  if (key.endsWith('.html')) return 'text/html; charset=utf-8';
  return key.endsWith('.json') ? 'application/json' : undefined;
}

/** Streams into one PUT while all fits into one part, else into a multipart upload. */
export async function writeObject(
  bucket: Bucket,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { ifAbsent = false }: WriteOptions = {},
): Promise<Written | 'exists'> {
  let bytes = 0;
  let crc = 0;
  const cut = partsOf(body, bucket.limits.partBytes);
  const counted = (part: Uint8Array): Uint8Array => {
    bytes += part.length;
    crc = crc32(part, crc);
    return part;
  };

  const first = await cut.next();
  const start = counted(first.done ? new Uint8Array() : first.value);
  const outcome =
    start.length < bucket.limits.partBytes(1)
      ? await putObject(bucket, key, start, { ifAbsent })
      : await multipart(bucket, key, sending(start, cut, counted), {
          ...{ inFlight: IN_FLIGHT, ifAbsent, crc32: () => crc },
          sent: true,
        });
  return outcome === 'exists' ? 'exists' : { bytes, crc32: crc };
}

/** Parts on their way while the next is gathered: enough to keep the link busy, and three parts in memory at most. */
const IN_FLIGHT = 2;

async function* sending(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
  counted: (part: Uint8Array) => Uint8Array,
): AsyncGenerator<SendPart> {
  yield (upload, number) => uploadPart(upload, number, first);
  for await (const part of rest) {
    const body = counted(part);
    yield (upload, number) => uploadPart(upload, number, body);
  }
}

/** Only the last is shorter than `partBytes` says. */
async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  partBytes: (number: number) => number,
): AsyncGenerator<Uint8Array> {
  let number = 1;
  let chunks: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + partBytes(number) - held);
      chunks.push(taken);
      held += taken.length;
      at += taken.length;
      if (held < partBytes(number)) continue;
      yield Buffer.concat(chunks, held);
      number += 1;
      chunks = [];
      held = 0;
    }
  }
  if (held > 0) yield Buffer.concat(chunks, held);
}
