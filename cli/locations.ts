import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withoutEndSlashes } from '../lib/contract/end-slashes.ts';
import type { TraceLocation } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { namesStandardInput, STANDARD_INPUT } from './standard-input.ts';

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
  if (namesStandardInput(path)) return STANDARD_INPUT;
  const s3 = s3Address(path);
  if (s3) return TRACE_SUFFIX.test(s3.key) ? s3 : { bucket: s3.bucket, prefix: s3.key };
  const absolute = localPath(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isDirectory()) return { bucket: directoryUrl(absolute), prefix: '' };
  if (found?.isFile()) return { bucket: directoryUrl(dirname(absolute)), key: basename(absolute) };
  throw new InvalidRequest(
    found
      ? `${path} is neither a file nor a directory. To read a pipe or another program's output, give "-".`
      : `${path} does not exist${path === absolute ? '' : ` (looked for at ${absolute})`}. Name a trace file, a directory of them, or s3://bucket/prefix.`,
  );
}

/** Where `--out` points; a directory need not exist yet. */
export async function outLocation(out: string): Promise<OutLocation> {
  const s3 = s3Address(out);
  if (s3) return { bucket: s3.bucket, prefix: s3.key === '' || s3.key.endsWith('/') ? s3.key : `${s3.key}/` };
  const path = localPath(out);
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isDirectory()) throw new InvalidRequest(`--out ${out} is a file: name a directory.`);
  return { bucket: directoryUrl(path), prefix: '' };
}

/** A run must not read what it writes: the next one would take its files for traces. */
export function refuseOutWithinTraces(out: OutLocation, traces: readonly TraceLocation[]): void {
  for (const location of traces) {
    if ('prefix' in location && addressOf(out).startsWith(addressOf(location))) {
      throw new InvalidRequest(
        '--out is inside the traces, so the next run would read it. Name a directory outside them.',
      );
    }
  }
}

/** `s3://bucket/prefix`, or the `file:` URL. */
export const addressOf = ({ bucket, prefix }: OutLocation): string =>
  isLocal(bucket) ? bucket + prefix : `s3://${bucket}/${prefix}`;

/**
 * A bucket as a request file names it. A `file:` URL relative to the working directory (`file:data`), or to the home
 * folder (`file:~/data`), is made absolute. Throws {@link InvalidRequest} for what neither S3 nor this machine has.
 */
export function absoluteBucket(bucket: string): string {
  if (isLocal(bucket)) {
    const [, belowHome] = /^file:~\/*(.*)$/s.exec(bucket) ?? [];
    return belowHome === undefined
      ? new URL(`${withoutEndSlashes(bucket)}/`, directoryUrl(process.cwd())).href
      : new URL(withoutEndSlashes(`./${belowHome}/`).concat('/'), directoryUrl(homedir())).href;
  }
  if (BUCKET.test(bucket)) return bucket;
  throw new InvalidRequest(
    `${bucket} is not a bucket. Write the name alone ("my-traces", with the rest as prefix or key), or a folder of this machine as a URL ("file:traces", "file:///data/traces").`,
  );
}

/** A bucket's name, old ones too, or an access point's ARN. */
const BUCKET = /^(?:[\w.-]+|arn:\S+)$/;

/**
 * A path as a person types it, made absolute: `~` is the home folder, also where no shell has seen it (`--out=~/pairs`).
 * Throws {@link InvalidRequest} for another user's folder, and for an address of another kind.
 */
export function localPath(path: string): string {
  if (/^file:\/\//i.test(path)) return localUrl(path);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path) ?? [];
  if (scheme !== undefined) {
    throw new InvalidRequest(
      `${path} is a "${scheme}" address, which dpo does not read. Name a path${scheme.toLowerCase() === 's3' ? '' : ' or s3://bucket/prefix'}.`,
    );
  }
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  if (path.startsWith('~')) {
    throw new InvalidRequest(
      `${path} cannot be expanded. Write ./${path} for a file of that name, or the full path of a home directory.`,
    );
  }
  return resolve(path);
}

function localUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InvalidRequest(`${url} is not a path on this machine. Write it as file:///folder/file.`, { cause });
  }
}

export const isLocal = (bucket: string): boolean => bucket.startsWith('file:');

/** The bucket's directory on this machine. */
export const directoryOf = (bucket: string): string => fileURLToPath(bucket);

/** What an s3:// key ends in when it is one object; any other is a prefix. */
const TRACE_SUFFIX = /\.(json|jsonl|ndjson|gz)$/;

export function s3Address(path: string): { bucket: string; key: string } | undefined {
  if (!/^s3:\/\//i.test(path)) {
    if (!/^s3:/i.test(path)) return undefined;
    throw new InvalidRequest(
      `${path} is not an address. Write s3://bucket/prefix, or ./${path} for a file of that name.`,
    );
  }
  const [bucket = '', ...key] = path.slice('s3://'.length).split('/');
  if (bucket === '') throw new InvalidRequest(`${path} has no bucket. Write s3://bucket/prefix.`);
  return { bucket, key: key.join('/') };
}

const directoryUrl = (directory: string): string => pathToFileURL(directory + sep).href;
