import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { CorruptObject, StoreRefused } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import type { ComposeOptions, ComposePart } from '../../lib/objects/store.ts';
import type { Bucket } from './bucket.ts';
import { answerOf, storeError } from './errors.ts';
import { multipart, type StoredPart, type Upload, unfinished, uploadPart } from './multipart.ts';
import { bytesOf, planParts, type Source, type Step } from './plan-parts.ts';
import { readObject } from './read.ts';
import { putObject } from './write.ts';

export async function composeObject(
  bucket: Bucket,
  key: string,
  parts: readonly ComposePart[],
  options: ComposeOptions = {},
): Promise<void> {
  const { maxParts, maxPartBytes } = bucket.limits;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  // Half of what so many parts can hold (24 TiB): a tree's branches never divide evenly into parts.
  if (bytes > (maxParts * maxPartBytes) / 2) {
    throw new StoreRefused(
      `s3://${bucket.name}/${key} would have ${bytes} bytes, too many for one S3 object: split the run.`,
    );
  }
  const steps = planParts(parts, bucket.limits);
  await (steps.length > maxParts ? composeTree : composeSteps)(bucket, key, steps, options);
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
      throw new CorruptObject(
        `s3://${bucket.name}/${key} was to have CRC-32 ${options.crc32}, but its ${steps.length ? 'parts' : 'no parts'} have ${found}: a part changed. Run the step again.`,
      );
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
    const { code, status } = answerOf(error);
    if (status === 416 || (status === 400 && code === 'InvalidArgument')) {
      throw tooShort(bucket, source, 'S3 has fewer', error);
    }
    throw storeError(bucket, source.key, error);
  }
}

async function gather(bucket: Bucket, sources: readonly Source[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (const source of sources) {
    const { key, start, bytes } = source;
    let got = 0;
    for await (const chunk of readObject(bucket, key, { start, end: start + bytes })) {
      chunks.push(chunk);
      got += chunk.length;
    }
    if (got !== bytes) throw tooShort(bucket, source, `there are ${got}`);
  }
  return Buffer.concat(chunks);
}

const tooShort = (bucket: Bucket, { key, start, bytes }: Source, found: string, cause?: unknown) =>
  new CorruptObject(
    `s3://${bucket.name}/${key} was to have ${bytes} bytes from ${start} on, but ${found}: it changed. Run the step again.`,
    { cause },
  );
