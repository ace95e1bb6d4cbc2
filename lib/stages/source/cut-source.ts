import type { ContainerSlice, Shard } from '../../contract/plan.ts';
import type { Limits } from '../../contract/request.ts';
import { SourceTooLarge } from '../../errors.ts';
import { CONTAINERS } from '../../sources/containers/containers.ts';
import { belowCeiling, type CeilingDeps } from '../below-ceiling.ts';
import type { Deps } from '../deps.ts';
import { ahead } from '../each.ts';
import { type Piece, packShards } from '../pack-shards.ts';
import { namesIn } from './join-objects.ts';
import { openSlice } from './read-records.ts';
import type { RecordSource } from './resolve-source.ts';
import type { SampledObject } from './sample-object.ts';

export interface Cutting {
  readonly limits: Limits;
  /** False: each object stays whole. */
  readonly cut: boolean;
}

/** What the maps of the run read: shards to build, and before them, of a scattered source, the tasks that group its candidates. */
export interface CutSource {
  readonly shards: readonly Shard[];
  readonly grouping: readonly Shard[];
}

/** Throws {@link SourceTooLarge}, CeilingExceeded. */
export async function cutSource(
  source: RecordSource,
  { limits, cut }: Cutting,
  deps: Deps & CeilingDeps,
): Promise<CutSource> {
  const { format } = source;
  const bytes = source.objects.reduce((sum, { object }) => sum + object.bytes, 0);
  if (format.kind === 'assembled') {
    if (bytes > limits.max_joined_bytes) {
      throw new SourceTooLarge(
        `The source has ${bytes} bytes, and ${format.name} joins records that may lie anywhere in it: one task holds at most ${limits.max_joined_bytes} (limits.max_joined_bytes). Give fewer files per run, for example one day or one project, or raise the limit if the function has the memory.`,
      );
    }
    const slices = source.objects.flatMap(({ slice }) => slice ?? []);
    const of = countBuckets(source.objects, limits);
    return groupedIn(of, slices.length === 0 ? [] : [{ ordinal: of, slices }]);
  }
  if (!format.scattered) {
    const every = limits.shard_bytes;
    const shards = packShards(cutObjects(source, cut ? every : undefined, deps), every);
    return { shards: await Array.fromAsync(belowCeiling(shards, 'shards', deps)), grouping: [] };
  }
  const of = countBuckets(source.objects, limits);
  const every = Math.max(limits.shard_bytes, Math.ceil((bytes * of) / MOST_REGIONS));
  const tasks = packShards(cutObjects(source, cut ? every : undefined, deps), every, of);
  return groupedIn(of, await Array.fromAsync(belowCeiling(tasks, 'tasks of GroupCandidates', deps)));
}

/** A bucket is read as a region of each task's object: at so many, listing them takes longer than reading them. */
const MOST_REGIONS = 4_000_000;
const MOST_BUCKETS = 4096;

function groupedIn(of: number, grouping: readonly Shard[]): CutSource {
  const bucket = { of, tasks: grouping.length };
  const shards =
    grouping.length === 0 ? [] : Array.from({ length: of }, (_, ordinal) => ({ ordinal, slices: [], bucket }));
  return { grouping, shards };
}

/** A power of two, so that the buckets' numbers are the first bits of the digests. Compressed text is some 8 times as long. */
function countBuckets(objects: readonly SampledObject[], { shard_bytes }: Limits): number {
  const bytes = objects.reduce((sum, { object, slice }) => sum + object.bytes * (isCompressed(slice) ? 8 : 1), 0);
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(bytes / shard_bytes, 1)));
  return Math.min(buckets, MOST_BUCKETS);
}

const isCompressed = (slice: ContainerSlice | undefined): boolean =>
  slice !== undefined && ['gzip', 'zstd', 'zip', 'parquet'].includes(slice.container);

/** `every`: about so many bytes a slice; undefined: objects stay whole. Objects whose records are joined stay together. */
async function* cutObjects(
  { objects, joins }: RecordSource,
  every: number | undefined,
  deps: Deps,
): AsyncGenerator<Piece> {
  const slices = objects.flatMap(({ slice }) => slice ?? []);
  if (joins.length > 0) {
    const byKey = new Map(slices.map((slice) => [slice.key, slice]));
    for (const join of joins) yield wholePiece(namesIn(join).flatMap((key) => byKey.get(key) ?? []));
    return;
  }
  const cutIfLarge = async (slice: ContainerSlice) =>
    every !== undefined && slice.object_bytes > every ? findCuts(slice, every, deps) : [];
  for await (const [slice, cuts] of ahead(slices, LOOKS_AHEAD, cutIfLarge)) {
    if (cuts.length === 0) yield wholePiece([slice]);
    for (const [at, start] of cuts.length === 0 ? [] : [0, ...cuts].entries()) {
      const end = cuts[at] ?? slice.object_bytes;
      yield { slices: [{ ...slice, start, end }], bytes: end - start, alone: true };
    }
  }
}

const LOOKS_AHEAD = 16;

const wholePiece = (slices: readonly ContainerSlice[]): Piece => ({
  slices,
  bytes: slices.reduce((sum, { object_bytes }) => sum + object_bytes, 0),
  alone: false,
});

async function findCuts(slice: ContainerSlice, every: number, deps: Deps): Promise<readonly number[]> {
  const { cuts } = CONTAINERS[slice.container];
  if (cuts === 'nowhere') return [];
  if (cuts !== 'anywhere') return Array.fromAsync(cuts(openSlice(slice, deps), every));
  return Array.from({ length: Math.ceil(slice.object_bytes / every) - 1 }, (_, at) => (at + 1) * every);
}
