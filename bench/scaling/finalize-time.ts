import { S3_LIMITS } from '../../adapters/s3/bucket.ts';
import { COPIES_IN_FLIGHT } from '../../adapters/s3/compose.ts';
import type { Chosen, Figures } from './figures.ts';
import type { Job } from './job.ts';
import type { Speed } from './limits.ts';
import { shardWork } from './shard-time.ts';
import { isCut, shardCount } from './shards.ts';
import { SIDES } from './stretch-time.ts';
import { stretchCount } from './stretches.ts';

/** What one call of Finalize has to do. */
export interface FinalizeCall {
  /** Small objects, so many at once: a summary a shard, of cut objects also digests, and what each stretch told. */
  readonly reads: number;
  /** Our own work on them, which nothing hides: reading one beside the other is one thread. */
  readonly ownSeconds: number;
  /** One after the other. */
  readonly copies: readonly Copies[];
  /** Requests one after the other. */
  readonly gets: number;
  readonly puts: number;
  /** All else: choosing, or the trainers' files of a small collection. */
  readonly seconds: number;
}

/** Copies at one level: more than one upload takes make a tree, whose branches are copied once more. */
export interface Copies {
  readonly parts: number;
  readonly partBytes: number;
}

/** Small objects that `finalize` reads at once. */
export const READS_AT_ONCE = 32;
export const COPIES_AT_ONCE = COPIES_IN_FLIGHT;

export function collectionOf(job: Job, figures: Figures, speed: Speed) {
  const shards = shardCount(job);
  const bytes = shards * shardWork(job, figures, speed).collectionBytes;
  const stretches = stretchCount(job, bytes);
  return { shards, bytes, pairs: (bytes * figures.shard.pairs) / figures.shard.collectionBytes, stretches };
}

/** One call; with stretches three, of which each reads the shards' summaries again. */
export function finalizeCalls(job: Job, figures: Figures, speed: Speed): readonly FinalizeCall[] {
  const { shards, bytes, stretches } = collectionOf(job, figures, speed);
  const each = {
    reads: isCut(job) ? 2 * shards : shards,
    ownSeconds: speed.lambdaSlowdown * shards * figures.finalize.shardSeconds,
    ...{ copies: [], gets: 0, puts: 0, seconds: 0 },
  };
  const copies = copiesOf(shards, bytes);
  const [format] = job.formats;
  if (stretches === 0 || !format) {
    return [
      { ...each, copies, seconds: format ? aloneSeconds(bytes, figures.alone.bytesPerSecond[format], speed) : 0 },
    ];
  }
  // It also asks for what is not there yet: what each stretch records, and then what each writes.
  const told = [stretches, 2 * stretches, 2 * stretches].map((more) => ({ ...each, reads: each.reads + more }));
  const [first = each, second = each, third = each] = told;
  const written = bytes * (figures.stretch.write[format].bytes / figures.stretch.bytes);
  return [
    { ...first, copies },
    { ...second, ...choosing(job, figures, speed) },
    { ...third, copies: SIDES.flatMap((side) => copiesOf(stretches, side * written)) },
  ];
}

/** So many files composed to one. */
function copiesOf(files: number, bytes: number): readonly Copies[] {
  const { minPartBytes, maxPartBytes, maxParts } = S3_LIMITS;
  const each = bytes / files;
  // Small ones are brought together: then a part has the least bytes that S3 takes.
  const parts = each >= minPartBytes ? files * Math.ceil(each / maxPartBytes) : Math.ceil(bytes / minPartBytes);
  const copies = [{ parts, partBytes: bytes / parts }];
  if (parts > maxParts) {
    const again = Math.ceil(bytes / maxPartBytes);
    copies.push({ parts: again, partBytes: bytes / again });
  }
  return copies;
}

const aloneSeconds = (bytes: number, bytesPerSecond: number, { lambdaSlowdown }: Speed): number =>
  (lambdaSlowdown * bytes) / bytesPerSecond;

/** Choosing among so many pairs, one format's or more. */
export interface Choosing {
  readonly pairs: number;
  readonly stretches: number;
  readonly chosen: Chosen;
  readonly recordBytes: number;
}

function choosing(job: Job, figures: Figures, speed: Speed): Pick<FinalizeCall, 'gets' | 'puts' | 'seconds'> {
  const { pairs, stretches } = collectionOf(job, figures, speed);
  return choosingWork(
    { pairs, stretches, chosen: figures.choose.one, recordBytes: figures.stretch.recordBytes },
    speed,
  );
}

/** The records are read twice, stretch after stretch; then the decisions are written, stretch after stretch. */
export function choosingWork({ pairs, stretches, chosen, recordBytes }: Choosing, speed: Speed) {
  // What is read comes over the network and goes through the one thread, neither hidden behind the other.
  const ofPair =
    (speed.lambdaSlowdown * chosen.seconds) / chosen.pairs + (2 * recordBytes) / speed.networkBytesPerSecond;
  return { gets: 2 * stretches, puts: stretches, seconds: pairs * ofPair };
}

/** Seconds of what is done one after the other. */
export const inTurnSeconds = (
  { gets, puts, seconds }: Pick<FinalizeCall, 'gets' | 'puts' | 'seconds'>,
  { getSeconds, putSeconds }: Speed,
): number => gets * getSeconds + puts * putSeconds + seconds;

/** Seconds of one copy, as S3 takes them. */
export const copySeconds = (bytes: number, speed: Speed): number =>
  speed.copySeconds + bytes / speed.copyBytesPerSecond;
