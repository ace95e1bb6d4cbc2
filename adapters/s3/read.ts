import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { InputChanged, PipelineError, StoreUnavailable } from '../../lib/errors.ts';
import type { Pin, ReadOptions } from '../../lib/objects/store.ts';
import type { Bucket } from './bucket.ts';
import { answerOf, storeError } from './errors.ts';

/**
 * Reads in ranges, one ahead of the reader. A range is handed out when all its bytes are here, so that one whose
 * body stalls or breaks is resumed unseen. All ranges are of one object: without a pin, of that which the first met.
 */
export async function* readObject(bucket: Bucket, key: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = options;
  if (end <= start) return;
  const { rangeBytes } = bucket.limits;
  const stop = new AbortController();
  const fetchFrom = (from: number, pin: Pin | undefined) =>
    fetchRange(bucket, key, { from, to: Math.min(from + rangeBytes, end) }, pin, stop.signal);
  try {
    let range = await fetchFrom(start, options.pin);
    const last = Math.min(end, range.objectBytes);
    for (let at = start + rangeBytes; ; at += rangeBytes) {
      const ahead = at < last ? fetchFrom(at, range.pin) : undefined;
      // Its failure is the reader's when it gets there; until then it must not count as unhandled.
      ahead?.catch(() => {});
      yield* range.chunks;
      if (!ahead) return;
      range = await ahead;
    }
  } finally {
    stop.abort();
  }
}

/** A body that stalls or breaks is asked for again so often, from where it stopped. */
const RETRIES = 3;

interface Range {
  readonly chunks: readonly Uint8Array[];
  readonly objectBytes: number;
  readonly pin: Pin | undefined;
}

async function fetchRange(
  bucket: Bucket,
  key: string,
  { from, to }: { readonly from: number; readonly to: number },
  pin: Pin | undefined,
  stop: AbortSignal,
): Promise<Range> {
  const chunks: Uint8Array[] = [];
  let at = from;
  let held = pin;
  for (let failures = 0; ; ) {
    try {
      const answer = await getRange(bucket, key, { from: at, to }, held, stop);
      if (!answer) return { chunks, objectBytes: 0, pin: held };
      held = answer.pin;
      for await (const chunk of arriving(answer.body, bucket.limits.idleMs, stop)) {
        chunks.push(chunk);
        at += chunk.length;
      }
      const until = Math.min(to, answer.objectBytes);
      if (at === until) return { chunks, objectBytes: answer.objectBytes, pin: held };
      throw new Error(`The body ended at byte ${at} instead of ${until}`);
    } catch (error) {
      if (error instanceof PipelineError) throw error;
      failures += 1;
      if (failures <= RETRIES && !stop.aborted && at <= to) continue;
      throw new StoreUnavailable(
        `Reading s3://${bucket.name}/${key} stopped at byte ${at}, ${failures} times: ${answerOf(error).text}. Try again.`,
        { cause: error },
      );
    }
  }
}

interface RangeAnswer {
  readonly body: Readable;
  readonly objectBytes: number;
  readonly pin: Pin;
}

/** Undefined where the object ends before `from`. */
async function getRange(
  bucket: Bucket,
  key: string,
  { from, to }: { readonly from: number; readonly to: number },
  pin: Pin | undefined,
  stop: AbortSignal,
): Promise<RangeAnswer | undefined> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), bucket.limits.idleMs);
  // The ETag goes along with the version: version "null" (versioning suspended) can be overwritten.
  const command = new GetObjectCommand({
    Bucket: bucket.name,
    Key: key,
    Range: `bytes=${from}-${to - 1}`,
    VersionId: pin?.version,
    IfMatch: pin?.etag,
  });
  try {
    const answer = await bucket.client.send(command, { abortSignal: AbortSignal.any([silence.signal, stop]) });
    const objectBytes = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? Number.NaN);
    if (!(answer.Body instanceof Readable) || !answer.ETag || !answer.ContentRange?.startsWith(`bytes ${from}-`)) {
      throw new Error(`Asked for bytes from ${from} on, got "${answer.ContentRange}"`);
    }
    return { body: answer.Body, objectBytes, pin: pin ?? { version: answer.VersionId, etag: answer.ETag } };
  } catch (error) {
    if (silence.signal.aborted) throw new Error(`No answer for ${bucket.limits.idleMs} ms`, { cause: error });
    const { code, status } = answerOf(error);
    if (status === 416) return undefined;
    if (status === 412 || (pin && code !== 'NoSuchBucket' && (status === 404 || status === 405))) {
      throw new InputChanged(
        `s3://${bucket.name}/${key} changed after the run was planned (${pin?.version ? `version ${pin.version}` : `ETag ${pin?.etag}`}). Start a new run over the current version.`,
        { cause: error },
      );
    }
    throw storeError(bucket, key, error);
  } finally {
    clearTimeout(timer);
  }
}

async function* arriving(body: Readable, idleMs: number, stop: AbortSignal): AsyncGenerator<Uint8Array> {
  addAbortSignal(stop, body);
  const timer = setTimeout(() => body.destroy(new Error(`No byte for ${idleMs} ms`)), idleMs);
  try {
    for await (const chunk of body) {
      timer.refresh();
      if (!(chunk instanceof Uint8Array)) throw new TypeError('An S3 body yielded something that is not bytes');
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}
