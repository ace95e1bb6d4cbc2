import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { CorruptObject, PipelineError, StoreRefused } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import type { ComposeOptions, ComposePart } from '../../lib/objects/store.ts';
import { type Bucket, mostComposedBytes } from './bucket.ts';
import { answerOf, isNotUnderstood, storeError } from './errors.ts';
import { headObject } from './head.ts';
import { multipart, type StoredPart, type Upload, unfinished, uploadPart } from './multipart.ts';
import { bytesOf, planParts, type Source, type Step } from './plan-parts.ts';
import { readObject } from './read.ts';
import { putObject, writeObject } from './write.ts';

export async function composeObject(
  bucket: Bucket,
  key: string,
  parts: readonly ComposePart[],
  options: ComposeOptions = {},
): Promise<void> {
  const { maxParts } = bucket.limits;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes > mostComposedBytes(bucket.limits)) {
    throw new StoreRefused(
      `s3://${bucket.name}/${key} would have ${bytes} bytes, too many for one S3 object: split the run.`,
    );
  }
  const steps = planParts(parts, bucket.limits);
  let copied = 0;
  const onCopied = (more: number): void => {
    copied += more;
    options.onCopied?.(more);
  };
  try {
    await (steps.length > maxParts ? composeTree : composeSteps)(bucket, key, steps, { ...options, onCopied });
  } catch (error) {
    if (!(error instanceof PipelineError && isNotUnderstood(error.cause))) throw error;
    options.onCopied?.(-copied);
    await composeBytes(bucket, key, parts, options);
  }
}

/**
 * For servers that do not compose as AWS does: MinIO refuses to copy into an upload that has a checksum
 * (https://github.com/minio/minio/issues/20649), versitygw miscounts the checksum of a range that it copies, R2 has no
 * checksum of a whole object. All bytes pass through here, checked on both ways. Copies into an upload without a checksum
 * would be faster, and wrong: nothing would notice a part that changed since its bytes were counted, or that the server
 * copied wrong.
 */
async function composeBytes(
  bucket: Bucket,
  key: string,
  parts: readonly ComposePart[],
  { crc32: expected, onCopied }: ComposeOptions,
): Promise<void> {
  async function* body(): AsyncGenerator<Uint8Array> {
    let found = 0;
    for (const { key, start = 0, bytes } of parts) {
      for await (const chunk of readSource(bucket, { key, start, bytes })) {
        found = crc32(chunk, found);
        onCopied?.(chunk.length);
        yield chunk;
      }
    }
    if (expected !== undefined && expected !== found) throw changed(bucket, key, expected, found);
  }
  await writeObject(bucket, key, body());
}

/**
 * Requests under way at once. A copy costs us nothing, but S3 some 20 seconds a GB: terabytes are copied within 15 minutes
 * only by many of them side by side. An uploaded part takes up to 10 MiB of memory.
 */
export const COPIES_IN_FLIGHT = 128;
const UPLOADS_IN_FLIGHT = 8;

async function composeSteps(
  bucket: Bucket,
  key: string,
  steps: readonly Step[],
  options: ComposeOptions,
): Promise<void> {
  const [first, second] = steps;
  if (!first || (first.how === 'upload' && !second)) {
    const body = await gather(bucket, first?.sources ?? []);
    const found = crc32(body);
    if (options.crc32 !== undefined && options.crc32 !== found) {
      throw changed(bucket, key, options.crc32, found);
    }
    await putObject(bucket, key, body, {});
    options.onCopied?.(body.length);
    return;
  }
  const uploading = inTurns(UPLOADS_IN_FLIGHT);
  const send = (step: Step) => async (upload: Upload, number: number) => {
    const stored = await (step.how === 'copy'
      ? copyPart(upload, number, step.source)
      : uploading(() => uploadGathered(upload, number, step.sources)));
    options.onCopied?.(stored.bytes);
    return stored;
  };
  await multipart(bucket, key, steps.map(send), {
    inFlight: COPIES_IN_FLIGHT,
    ifAbsent: false,
    crc32: () => options.crc32,
  });
}

/** Runs so much work at once; what comes then waits for its turn. */
function inTurns(most: number) {
  let free = most;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * More parts than one upload takes: objects of as many steps as fit, beside the key, then those composed.
 * Their names are random so that a second run of the same step cannot remove them under the first.
 */
async function composeTree(
  bucket: Bucket,
  key: string,
  steps: readonly Step[],
  options: ComposeOptions,
): Promise<void> {
  const stem = `${key}.${randomUUID()}`;
  const { maxParts } = bucket.limits;
  const branches: ComposePart[] = [];
  try {
    for (let at = 0; at < steps.length; at += maxParts) {
      const group = steps.slice(at, at + maxParts);
      const branch = { key: `${stem}.${branches.length}`, bytes: group.reduce((sum, step) => sum + bytesOf(step), 0) };
      branches.push(branch);
      await composeSteps(bucket, branch.key, group, { onCopied: options.onCopied });
    }
    // Its branches have reported these bytes already.
    await composeObject(bucket, key, branches, { crc32: options.crc32 });
  } finally {
    // One that stays behind is in no manifest: not worth failing for.
    await Promise.allSettled(
      branches.map((branch) => bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: branch.key }))),
    );
  }
}

async function uploadGathered(upload: Upload, number: number, sources: readonly Source[]): Promise<StoredPart> {
  // Its turn may come when another part has failed.
  upload.signal.throwIfAborted();
  return await uploadPart(upload, number, await gather(upload.bucket, sources));
}

async function copyPart(upload: Upload, number: number, source: Source): Promise<StoredPart> {
  const { bucket, key, id, signal } = upload;
  const command = new UploadPartCopyCommand({
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    PartNumber: number,
    // The SDK sends this one as it is.
    CopySource: `${bucket.name}/${source.key.split('/').map(encodeURIComponent).join('/')}`,
    CopySourceRange: source.whole ? undefined : `bytes=${source.start}-${source.start + source.bytes - 1}`,
  });
  try {
    const { CopyPartResult: result } = await bucket.client.send(command, { abortSignal: signal });
    if (!result?.ETag) throw unfinished(bucket, key, `copying part ${number}`);
    return { etag: result.ETag, bytes: source.bytes, crc32: result.ChecksumCRC32 };
  } catch (error) {
    // S3 has several answers to a range that ends beyond the object, and gives each of them for other reasons too.
    const there = RANGE_STATUS.has(answerOf(error).status) ? await headObject(bucket, source.key) : undefined;
    if (there && there.bytes < source.start + source.bytes) {
      throw tooShort(bucket, source, Math.max(0, there.bytes - source.start));
    }
    throw storeError(bucket, source.key, error);
  }
}

const RANGE_STATUS: ReadonlySet<number | undefined> = new Set([400, 416]);

async function gather(bucket: Bucket, sources: readonly Source[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (const source of sources) {
    for await (const chunk of readSource(bucket, source)) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Stretch = Pick<Source, 'key' | 'start' | 'bytes'>;

async function* readSource(bucket: Bucket, source: Stretch): AsyncGenerator<Uint8Array> {
  const { key, start, bytes } = source;
  let got = 0;
  for await (const chunk of readObject(bucket, key, { start, end: start + bytes })) {
    got += chunk.length;
    yield chunk;
  }
  if (got !== bytes) throw tooShort(bucket, source, got);
}

const tooShort = (bucket: Bucket, { key, start, bytes }: Stretch, found: number) =>
  new CorruptObject(
    `s3://${bucket.name}/${key} should have ${bytes} bytes from ${start} on, but has ${found}: it changed. Run the step again.`,
  );

const changed = (bucket: Bucket, key: string, expected: number, found: number) =>
  new CorruptObject(
    `s3://${bucket.name}/${key} should have CRC-32 ${expected}, but its parts have ${found}: a part changed. Run the step again.`,
  );
