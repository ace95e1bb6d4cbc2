import { isContainerSlice, isTraceSlice, type Shard, type Slice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import { ArrayNotIndented, InputChanged } from '../../errors.ts';
import { addStretches, EMPTY_STRETCH, type Sample, type Stretch, sumStretches } from '../../estimate/sample.ts';
import { placeItem } from '../../sources/place-item.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import { namesOf, sliceItems } from '../slice-items.ts';
import { readCandidates } from '../source/read-candidates.ts';
import { readRecords } from '../source/read-records.ts';
import type { RecordSource, ResolvedSource } from '../source/resolve-source.ts';
import { identifyGroup, type PlacedScored, scoreCandidate } from '../source/scored-candidate.ts';
import { type GaugedSlices, gaugeSlices, type SliceGauge } from './gauge-slices.ts';
import { pairSampled, pairSampledGroup } from './pair-sample.ts';

/** A run's source, and how its maps read it. */
export interface CutRun {
  readonly resolved: ResolvedSource;
  readonly shards: readonly Shard[];
  readonly grouping: readonly Shard[];
}

/**
 * Reads a few stretches of the traces, spread over the plan, and pairs what they hold as the shards will. A small source is
 * read whole. In `nat`, items of an object that share an id are not merged, so the run may make fewer pairs. `most`: bytes
 * of text.
 */
export async function sampleRun(
  request: Request,
  { resolved, shards, grouping }: CutRun,
  deps: Deps,
  most = SAMPLE_BYTES,
): Promise<Sample> {
  const tasks = (grouping.length > 0 ? grouping : shards).map(({ slices }) => slices);
  const slices = tasks.flat();
  const isSmall = slices.length <= MOST_SLICES && slices.reduce((sum, { start, end }) => sum + end - start, 0) <= most;
  const scattered = resolved.kind === 'records' && resolved.format.scattered;
  // Records that are joined from anywhere show nothing before all of them are there.
  if (resolved.kind === 'records' && resolved.format.kind === 'assembled' && !isSmall) {
    return { stretches: [], whole: false, scattered };
  }
  const { places, atOnce } = slices.some(isReadInUnits) ? IN_UNITS : IN_STREAMS;
  const pieces = isSmall ? [slices] : pickSpread(tasks, places);
  const read = await each(pieces, atOnce, (piece) =>
    readPiece({ request, resolved }, { slices: piece, most: most / pieces.length }, deps),
  );
  const stretches = read.flatMap((piece) => piece.stretches);
  const whole = isSmall && read.every(({ ended }) => ended);
  return { stretches: mergeStretches(stretches, sumStretches(stretches).bytes / STRETCHES), whole, scattered };
}

/** 4 MiB: a tenth of a second, and some hundred records of most sources. */
const SAMPLE_BYTES = 4_194_304;
/** Places that lie apart, since a source may be sorted. */
const IN_STREAMS = { places: 8, atOnce: 8 } as const;
/** A row group, and most entries, are read whole before their first record: that takes as much memory as it takes a shard. */
const IN_UNITS = { places: 2, atOnce: 1 } as const;

const isReadInUnits = (slice: Slice): boolean =>
  isContainerSlice(slice) && (slice.container === 'parquet' || slice.container === 'zip');
/** In one place; each object costs a request or two. */
const MOST_SLICES = 64;
/** So many that all of them are poorer, or all richer, than the source in one case of some 10,000. */
const STRETCHES = 16;

/** So many of them, evenly apart. */
function pickSpread<Task>(tasks: readonly Task[], most: number): readonly Task[] {
  const count = Math.min(most, tasks.length);
  const places = Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * tasks.length) / count));
  return tasks.filter((_, at) => places.includes(at));
}

function mergeStretches(stretches: readonly Stretch[], atLeast: number): readonly Stretch[] {
  const merged: Stretch[] = [];
  let open = EMPTY_STRETCH;
  for (const stretch of stretches) {
    open = addStretches(open, stretch);
    if (open.bytes < atLeast) continue;
    merged.push(open);
    open = EMPTY_STRETCH;
  }
  // What is left is too short to speak for itself.
  const last = merged.pop();
  if (last) return [...merged, addStretches(last, open)];
  return open.bytes > 0 ? [open] : [];
}

interface Sampling {
  readonly request: Request;
  readonly resolved: ResolvedSource;
}

interface Piece {
  readonly slices: readonly Slice[];
  readonly most: number;
}

async function readPiece({ request, resolved }: Sampling, { slices, most }: Piece, deps: Deps): Promise<GaugedSlices> {
  const groups = new Map<string, PlacedScored[]>();
  const stretches: Stretch[] = [];
  let left = most;
  let ended = 0;
  const parts = readTogether(resolved) ? [slices] : slices.slice(0, MOST_SLICES).map((slice) => [slice]);
  for (const part of parts) {
    const read = await gaugeReading(part, left, deps, (gauge) =>
      resolved.kind === 'native'
        ? readTraces(request, part, { gauge, groups }, deps)
        : readSource({ request, resolved }, part, { gauge, groups }, deps),
    );
    if (!read) break;
    stretches.push(...read.stretches);
    left -= sumStretches(read.stretches).textBytes;
    if (!read.ended) break;
    ended += part.length;
    if (left <= 0) break;
  }
  const isWhole = ended === slices.length;
  if (resolved.kind === 'native' || !resolved.format.scattered) return { stretches, ended: isWhole };
  const made = [...groups.values()].map((group) => pairSampledGroup(request, group, settingsOf(request, resolved)));
  // Of groups that lie apart, a piece shows what it has of each.
  const all = sumStretches([...stretches, ...made.map((one) => ({ ...EMPTY_STRETCH, ...one }))]);
  return { stretches: [all], ended: isWhole };
}

/** Undefined where the shard that reads the object will report it, and fail the run by name. */
async function gaugeReading(
  slices: readonly Slice[],
  most: number,
  deps: Deps,
  read: (gauge: SliceGauge) => Promise<void>,
): Promise<GaugedSlices | undefined> {
  const gauge = gaugeSlices(slices, most, deps);
  try {
    await read(gauge);
    return await gauge.close();
  } catch (error) {
    if (error instanceof InputChanged || error instanceof ArrayNotIndented) return undefined;
    throw error;
  }
}

/** A record may be made of several objects. */
const readTogether = (resolved: ResolvedSource): boolean =>
  resolved.kind === 'records' && (resolved.joins.length > 0 || resolved.format.kind === 'assembled');

async function readTraces(request: Request, slices: readonly Slice[], { gauge }: Reading, deps: Deps): Promise<void> {
  const names = namesOf(request);
  for (const slice of slices.filter(isTraceSlice)) {
    const items = sliceItems(request.run_id, slice, names, deps);
    for await (const span of gauge.watch(items, (span) => span)) {
      if (!('item' in span)) continue;
      const rollout = { place: placeItem(slice.key, span), ...span.item.read(request.builder.compatibility) };
      gauge.add(pairSampled(request, span.item.id.text, [rollout]));
    }
  }
}

interface Reading {
  readonly gauge: SliceGauge;
  /** Of a scattered source, by the digest of what the candidates share. */
  readonly groups: Map<string, PlacedScored[]>;
}

async function readSource(
  { request, resolved }: { readonly request: Request; readonly resolved: RecordSource },
  slices: readonly Slice[],
  { gauge, groups }: Reading,
  deps: Deps,
): Promise<void> {
  const { format, settings } = resolved;
  const records = readRecords(slices.filter(isContainerSlice), format, deps);
  const spans = gauge.watch(records, ({ place }) => ({ offset: place.offset, entry: place.key.split('!/')[1] }));
  if (format.scattered) {
    for await (const reading of readCandidates(spans, format, UNCOUNTED)) {
      if (!('candidate' in reading)) continue;
      const { digest } = identifyGroup(reading);
      const candidate = scoreCandidate(reading.place, reading.candidate, settings.score);
      const together = groups.get(digest);
      if (together) together.push(candidate);
      else groups.set(digest, [candidate]);
    }
    return;
  }
  for await (const { place, ...span } of spans) {
    const reading = 'record' in span && format.kind === 'records' ? format.read(span.record) : undefined;
    if (!reading || 'rejected' in reading) continue;
    const group = reading.candidates.map((candidate) => scoreCandidate(place, candidate, settings.score));
    gauge.add(pairSampledGroup(request, group, settingsOf(request, resolved)));
  }
}

const UNCOUNTED = { countItem: () => {}, countUnused: () => {} };

const settingsOf = ({ builder }: Request, { settings }: RecordSource) => ({
  unit: settings.unit,
  dropTruncated: builder.drop_truncated,
});
