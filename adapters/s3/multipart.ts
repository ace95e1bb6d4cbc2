import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CorruptObject, StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import { combineCrc32, crc32, crc32Base64 } from '../../lib/objects/checksum.ts';
import type { Bucket } from './bucket.ts';
import { answerOf, isNotUnderstood, storeError, wordsOf } from './errors.ts';

/** An upload begun; `signal` ends its requests when another part has failed. */
export interface Upload extends Begun {
  readonly bucket: Bucket;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** `FULL_OBJECT`: the server checks the whole object. `COMPOSITE`: it checks each part as it is sent, and no more. */
interface Begun {
  readonly id: string;
  readonly checks: 'FULL_OBJECT' | 'COMPOSITE';
}

/** A part that S3 has. Its checksum is S3's own, so absent where the store answers none. */
export interface StoredPart {
  readonly etag: string;
  readonly bytes: number;
  readonly crc32?: string | undefined;
}

export type SendPart = (upload: Upload, number: number) => Promise<StoredPart>;

export interface MultipartOptions {
  /** Parts on their way at the same time. */
  readonly inFlight: number;
  readonly ifAbsent: boolean;
  /** CRC-32 of the whole object, where it is known by the time all parts are sent. */
  readonly crc32: () => number | undefined;
  /**
   * All parts are sent from here: on a server that has no checksum of a whole object, as R2 is, that of each part checks
   * as much. What a server copies into such an upload, nothing would check.
   */
  readonly sent?: true;
}

/**
 * Makes one object of parts: all or nothing. Whatever fails, the upload is aborted, so that S3 keeps (and bills)
 * no parts of it. S3 verifies the whole object's CRC-32 before the object appears.
 */
export async function multipart(
  bucket: Bucket,
  key: string,
  parts: AsyncIterable<SendPart> | Iterable<SendPart>,
  options: MultipartOptions,
): Promise<'written' | 'exists'> {
  const begun = await begin(bucket, key, options);
  try {
    const stored = await sendAll(bucket, key, begun, parts, options.inFlight);
    const outcome = await complete(bucket, key, begun, stored, options);
    if (outcome === 'exists') await abort(bucket, key, begun.id);
    return outcome;
  } catch (error) {
    // Where aborting fails as well, the first failure is the one to show; the bucket's lifecycle rule removes the parts.
    await abort(bucket, key, begun.id).catch(() => {});
    throw error;
  }
}

export async function uploadPart(upload: Upload, number: number, body: Uint8Array): Promise<StoredPart> {
  const { bucket, key, id, signal } = upload;
  const checksum = crc32Base64(crc32(body));
  const answer = await bucket.client
    .send(
      new UploadPartCommand({
        Bucket: bucket.name,
        Key: key,
        UploadId: id,
        PartNumber: number,
        Body: body,
        ChecksumCRC32: checksum,
      }),
      { abortSignal: signal },
    )
    .catch((error) => {
      throw storeError(bucket, key, error);
    });
  if (!answer.ETag) throw unfinished(bucket, key, `part ${number}`);
  return { etag: answer.ETag, bytes: body.length, crc32: checksum };
}

/** A 200 that lacks its result: S3 answers before it is done, and the SDK sees only errors that it can recognise. */
export const unfinished = (bucket: Bucket, key: string, what: string) =>
  new StoreUnavailable(`S3 answered 200 without a result for ${what} of s3://${bucket.name}/${key}. Try again.`);

async function begin(bucket: Bucket, key: string, { sent }: MultipartOptions): Promise<Begun> {
  try {
    return await beginChecked(bucket, key, 'FULL_OBJECT');
  } catch (error) {
    if (!sent || !isNotUnderstood(error)) throw storeError(bucket, key, error);
  }
  return beginChecked(bucket, key, 'COMPOSITE').catch((error) => {
    throw storeError(bucket, key, error);
  });
}

async function beginChecked(bucket: Bucket, key: string, checks: Begun['checks']): Promise<Begun> {
  const { UploadId: id } = await bucket.client.send(
    new CreateMultipartUploadCommand({
      Bucket: bucket.name,
      Key: key,
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: checks,
      Tagging: bucket.tagsOf(key),
    }),
  );
  if (!id) throw unfinished(bucket, key, 'the upload');
  return { id, checks };
}

async function sendAll(
  bucket: Bucket,
  key: string,
  begun: Begun,
  parts: AsyncIterable<SendPart> | Iterable<SendPart>,
  inFlight: number,
): Promise<StoredPart[]> {
  const stored: StoredPart[] = [];
  const flying = new Set<Promise<void>>();
  const stop = new AbortController();
  const upload = { bucket, key, ...begun, signal: stop.signal };
  let number = 0;
  try {
    for await (const send of parts) {
      if (flying.size >= inFlight) await Promise.race(flying);
      number += 1;
      if (number > bucket.limits.maxParts) {
        throw new StoreRefused(
          `s3://${bucket.name}/${key} is too large for S3: more than ${number - 1} parts. Split the run.`,
        );
      }
      const place = number - 1;
      const flight = send(upload, number).then((part) => {
        stored[place] = part;
      });
      flying.add(flight);
      // A failed one stays, for the next wait to find.
      flight.then(
        () => flying.delete(flight),
        () => {},
      );
    }
    await Promise.all(flying);
    return stored;
  } catch (error) {
    stop.abort();
    // A part that arrives after the abort would stay behind.
    await Promise.allSettled(flying);
    throw error;
  }
}

async function complete(
  bucket: Bucket,
  key: string,
  { id, checks }: Begun,
  parts: readonly StoredPart[],
  { ifAbsent, crc32: known }: MultipartOptions,
): Promise<'written' | 'exists'> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const checksum = checks === 'FULL_OBJECT' ? wholeChecksum(parts, known()) : undefined;
  const command = new CompleteMultipartUploadCommand({
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    MultipartUpload: { Parts: parts.map(completedPart) },
    MpuObjectSize: bytes,
    ChecksumType: checks,
    ChecksumCRC32: checksum,
    IfNoneMatch: ifAbsent ? '*' : undefined,
  });
  try {
    const answer = await bucket.client.send(command);
    if (!answer.ETag) throw unfinished(bucket, key, 'completing');
    if (answer.ChecksumCRC32 && checksum && answer.ChecksumCRC32 !== checksum) {
      throw corrupt(bucket, key, bytes, checksum, answer.ChecksumCRC32);
    }
    return 'written';
  } catch (error) {
    const { code, status } = answerOf(error);
    if (ifAbsent && status === 412) return 'exists';
    if (status === 409) {
      throw new StoreUnavailable(
        `Another process wrote s3://${bucket.name}/${key} at the same time (${code}). Run the step again: it sends the parts again.`,
        { cause: error },
      );
    }
    if (code === 'BadDigest') throw corrupt(bucket, key, bytes, checksum, wordsOf(answerOf(error)), error);
    // Completed already, and the answer was lost: the SDK's second try finds no upload.
    if (code === 'NoSuchUpload' && checksum && (await standsAs(bucket, key, bytes, checksum))) return 'written';
    throw storeError(bucket, key, error);
  }
}

const completedPart = (part: StoredPart, index: number): CompletedPart => ({
  PartNumber: index + 1,
  ETag: part.etag,
  ChecksumCRC32: part.crc32,
});

/** The known one, or that of the parts together; undefined where the store did not tell them all. */
function wholeChecksum(parts: readonly StoredPart[], known: number | undefined): string | undefined {
  if (known !== undefined) return crc32Base64(known);
  let whole = 0;
  for (const part of parts) {
    if (!part.crc32) return undefined;
    whole = combineCrc32(whole, Buffer.from(part.crc32, 'base64').readUInt32BE(), part.bytes);
  }
  return crc32Base64(whole);
}

async function standsAs(bucket: Bucket, key: string, bytes: number, checksum: string): Promise<boolean> {
  const command = new HeadObjectCommand({ Bucket: bucket.name, Key: key, ChecksumMode: 'ENABLED' });
  try {
    const there = await bucket.client.send(command);
    return there.ContentLength === bytes && there.ChecksumCRC32 === checksum;
  } catch (error) {
    if (answerOf(error).status === 404) return false;
    throw storeError(bucket, key, error);
  }
}

const corrupt = (
  bucket: Bucket,
  key: string,
  bytes: number,
  expected: string | undefined,
  found: string,
  cause?: unknown,
) =>
  new CorruptObject(
    `s3://${bucket.name}/${key} should have ${bytes} bytes with CRC-32 ${expected ?? 'unknown'}, but S3 says ${found}: a part changed while it was composed. Run the step again.`,
    { cause },
  );

async function abort(bucket: Bucket, key: string, id: string): Promise<void> {
  try {
    await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: id }));
  } catch (error) {
    if (answerOf(error).code !== 'NoSuchUpload') throw storeError(bucket, key, error);
  }
}
