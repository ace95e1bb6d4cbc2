import type { ComposePart } from '../../lib/objects/store.ts';
import { S3_LIMITS, type S3Limits } from './bucket.ts';

/** `bytes` bytes of the object `key`, from `start` on; `whole` where that is all of it. */
export interface Source {
  readonly key: string;
  readonly start: number;
  readonly bytes: number;
  readonly whole: boolean;
}

/** One part of a multipart upload: copied by S3 from one object, or downloaded from several and uploaded. */
export type Step =
  | { readonly how: 'copy'; readonly source: Source }
  | { readonly how: 'upload'; readonly sources: readonly Source[] };

/**
 * Cuts what is to be composed into the parts of one upload, in order. Every part but the last has at least
 * `minPartBytes`; one that must be uploaded has less than twice that. S3 copies all that it can: a small object is
 * downloaded together with just enough of its neighbours to make a part.
 * Small sources are never copied, not even last: S3 refuses to copy a range of an object under 5 MiB.
 */
export function planParts(
  parts: readonly ComposePart[],
  limits: Pick<S3Limits, 'minPartBytes' | 'maxPartBytes'> = S3_LIMITS,
): Step[] {
  const { minPartBytes } = limits;
  const steps: Step[] = [];
  let small: Source[] = [];
  let smallBytes = 0;

  for (const { key, start, bytes } of parts) {
    let source: Source = { key, start: start ?? 0, bytes, whole: start === undefined };
    if (bytes === 0) continue;
    if (smallBytes > 0) {
      const missing = minPartBytes - smallBytes;
      const [taken, rest] = bytes - missing >= minPartBytes ? split(source, missing) : [source, undefined];
      small.push(taken);
      smallBytes += taken.bytes;
      if (smallBytes < minPartBytes) continue;
      steps.push({ how: 'upload', sources: small });
      small = [];
      smallBytes = 0;
      if (!rest) continue;
      source = rest;
    }
    if (source.bytes >= minPartBytes) {
      steps.push(...copies(source, limits.maxPartBytes));
    } else {
      small = [source];
      smallBytes = source.bytes;
    }
  }
  if (smallBytes > 0) steps.push({ how: 'upload', sources: small });
  return steps;
}

export const bytesOf = (step: Step): number =>
  step.how === 'copy' ? step.source.bytes : step.sources.reduce((sum, source) => sum + source.bytes, 0);

function split(source: Source, at: number): [Source, Source] {
  return [
    { ...source, bytes: at, whole: false },
    { ...source, start: source.start + at, bytes: source.bytes - at, whole: false },
  ];
}

/** Pieces of nearly the same size, so that none falls under the minimum. */
function copies(source: Source, maxPartBytes: number): Step[] {
  const pieces = Math.ceil(source.bytes / maxPartBytes);
  const steps: Step[] = [];
  let rest = source;
  for (let left = pieces; left > 1; left--) {
    const [piece, after] = split(rest, Math.floor(rest.bytes / left));
    steps.push({ how: 'copy', source: piece });
    rest = after;
  }
  return [...steps, { how: 'copy', source: rest }];
}
