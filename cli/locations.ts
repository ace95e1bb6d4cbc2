import { stat } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withoutEndSlashes } from '../lib/contract/end-slashes.ts';
import type { TraceLocation } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';

/** Where a run is written: a bucket, or on this machine a directory as a `file:` URL, and a prefix in it. */
export interface OutLocation {
  readonly bucket: string;
  /** Empty, or ends in "/". */
  readonly prefix: string;
}

/**
 * A file, a directory or an s3:// address as a trace location. On this machine a bucket is a directory's `file:` URL:
 * the one given, or the one that holds the file given.
 */
export async function traceLocation(path: string): Promise<TraceLocation> {
  const s3 = s3Address(path);
  if (s3) return TRACE_SUFFIX.test(s3.key) ? s3 : { bucket: s3.bucket, prefix: s3.key };
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isDirectory()) return { bucket: directoryUrl(absolute), prefix: '' };
  if (found?.isFile()) return { bucket: directoryUrl(dirname(absolute)), key: basename(absolute) };
  throw new InvalidRequest(
    found
      ? `${path} is neither a file nor a directory.`
      : `${path} is not there. Name a trace file, a directory of them, or s3://bucket/prefix.`,
  );
}

/** Where `--out` points; a directory need not exist yet. */
export async function outLocation(out: string): Promise<OutLocation> {
  const s3 = s3Address(out);
  if (s3) return { bucket: s3.bucket, prefix: s3.key === '' || s3.key.endsWith('/') ? s3.key : `${s3.key}/` };
  const found = await stat(resolve(out)).catch(() => undefined);
  if (found && !found.isDirectory()) throw new InvalidRequest(`--out ${out} is a file: name a directory.`);
  return { bucket: directoryUrl(resolve(out)), prefix: '' };
}

/** A run must not read what it writes: the next one would take its files for traces. */
export function refuseOutWithinTraces(out: OutLocation, traces: readonly TraceLocation[]): void {
  for (const location of traces) {
    if ('prefix' in location && addressOf(out).startsWith(addressOf(location))) {
      throw new InvalidRequest('--out lies within the traces: the next run would read it. Name a place beside them.');
    }
  }
}

/** `s3://bucket/prefix`, or the `file:` URL. */
export const addressOf = ({ bucket, prefix }: OutLocation): string =>
  isLocal(bucket) ? bucket + prefix : `s3://${bucket}/${prefix}`;

/** A `file:` URL relative to the working directory (`file:data`), as a request file may have it, made absolute. */
export const absoluteBucket = (bucket: string): string =>
  isLocal(bucket) ? new URL(`${withoutEndSlashes(bucket)}/`, directoryUrl(process.cwd())).href : bucket;

export const isLocal = (bucket: string): boolean => bucket.startsWith('file:');

/** The bucket's directory on this machine. */
export const directoryOf = (bucket: string): string => fileURLToPath(bucket);

/** What an s3:// key ends in when it is one object; any other is a prefix. */
const TRACE_SUFFIX = /\.(json|jsonl|ndjson|gz)$/;

export function s3Address(path: string): { bucket: string; key: string } | undefined {
  if (!path.startsWith('s3://')) return undefined;
  const [bucket = '', ...key] = path.slice('s3://'.length).split('/');
  if (bucket === '') throw new InvalidRequest(`${path} names no bucket: write s3://bucket/prefix.`);
  return { bucket, key: key.join('/') };
}

const directoryUrl = (directory: string): string => pathToFileURL(directory + sep).href;
