import type { Ceilings } from '../contract/ceilings.ts';
import type { EstimatedRange, LimitShare, TracesEstimate } from '../contract/estimate.ts';
import type { Request } from '../contract/request.ts';
import { planDatasets } from '../datasets/dataset-plan.ts';
import { bytesToChoose } from '../datasets/pair-table.ts';
import { wantedDatasets } from '../datasets/wanted-datasets.ts';
import { FUNCTION_SECONDS, RATES } from './rates.ts';
import { type RunSeconds, type RunWork, reckonSeconds } from './reckon-seconds.ts';
import { type RunUsage, reckonUsage } from './reckon-usage.ts';
import type { RunPlace } from './run-place.ts';
import { type Sample, type Stretch, sumStretches } from './sample.ts';

/** How the run was cut. */
export interface RunCut {
  readonly inputs: number;
  readonly inputBytes: number;
  readonly shards: number;
  readonly groupingTasks: number;
  /** Of the largest task that reads traces, as they are stored. */
  readonly largest: LargestTask;
  /** One task holds all records at once. */
  readonly joinsAll: boolean;
}

export interface LargestTask {
  readonly bytes: number;
  /** What makes it smaller. */
  readonly fix: string;
}

export interface RunBounds {
  readonly place: RunPlace;
  readonly ceilings: Ceilings;
  readonly maxConcurrency: number;
}

/**
 * What the run comes to. A pure function, so a run that is planned again has the same estimate.
 *
 * A limit that the run may pass is a warning here and nothing more. Only what is certain refuses a run: counts of the plan
 * itself (`requireChildrenBelow`), and tasks that are too large at any speed (`requireEnd`). How many pairs there are is
 * never certain before they are made, and a collection that is too large for Choose is not lost: it can be finished with
 * more memory.
 */
export function estimateRun(
  request: Request,
  cut: RunCut,
  sample: Sample,
  { place, ceilings, maxConcurrency }: RunBounds,
): TracesEstimate {
  const range = (of: (stretch: Stretch) => number): EstimatedRange => rangeOf(sample, cut.inputBytes, of);
  // Whatever they are grouped with, a record has as many candidates.
  const candidates = rangeOf({ ...sample, scattered: false }, cut.inputBytes, (one) => one.candidates);
  const pairs = range((one) => one.pairs);
  const collection = range((one) => one.collectionBytes);
  const choosing = chooseRange(request, {
    candidates,
    pairs,
    turns: range((one) => one.turns),
    examples: range((one) => one.examples),
  });
  const formats = new Set(request.dataset.formats).size;
  const read = sumStretches(sample.stretches);
  const perStored = read.bytes === 0 ? 1 : read.textBytes / read.bytes;
  const collectionBytes = collection.most ?? collection.least;
  const work: RunWork = {
    inputs: cut.inputs,
    ...{ shards: cut.shards, groupingTasks: cut.groupingTasks, maxConcurrency },
    bytes: cut.inputBytes,
    textBytes: cut.inputBytes * perStored,
    largestTaskBytes: cut.largest.bytes * perStored,
    pairs: pairs.most ?? pairs.least,
    collectionBytes,
    // A format writes the texts of each pair, as the collection does.
    datasetBytes: collectionBytes * formats,
    formats,
    chooses: wantedDatasets(request) !== 'none',
  };
  const seconds = reckonSeconds(work, RATES, place);
  const limits = limitsOf(
    { cut, choosing, seconds, collectionBytes, textBytes: cut.inputBytes * perStored },
    { place, ceilings },
  );
  return {
    kind: 'traces',
    ...{ inputs: cut.inputs, input_bytes: cut.inputBytes, shards: cut.shards, grouping_tasks: cut.groupingTasks },
    upload_parts: partsOf(cut.shards, collectionBytes, place),
    sample: { bytes: Math.round(read.bytes), records: read.records, whole: sample.whole },
    ...{ candidates, pairs, collection_bytes: collection, choose_bytes: choosing },
    seconds: wholeSeconds(seconds),
    usage: wholeUsage(reckonUsage(work, seconds, place)),
    limits,
    warnings: limits.filter(({ share }) => share > 1).map(warn),
  };
}

/**
 * The whole as if it were like the poorest stretch of the sample, and like the richest. Of a group whose candidates may lie
 * apart, the rest was perhaps not read: there is no most.
 */
function rangeOf(
  { stretches, whole, scattered }: Sample,
  bytes: number,
  of: (stretch: Stretch) => number,
): EstimatedRange {
  const all = stretches.reduce((sum, stretch) => sum + of(stretch), 0);
  if (whole) return { least: all, most: all };
  const rates = stretches.filter((stretch) => stretch.bytes > 0).map((stretch) => of(stretch) / stretch.bytes);
  if (rates.length === 0) return { least: 0, most: null };
  const [poorest, richest] = [Math.min(...rates), Math.max(...rates)];
  return {
    least: Math.max(all, Math.floor((1 - INACCURACY) * poorest * bytes)),
    most: scattered ? null : Math.ceil((1 + INACCURACY) * richest * bytes),
  };
}

/** What headers, brackets and the pieces in which compressed text is read shift a stretch's bytes by. */
const INACCURACY = 0.05;

function chooseRange(
  request: Request,
  of: Readonly<Record<'candidates' | 'pairs' | 'turns' | 'examples', EstimatedRange>>,
): EstimatedRange {
  if (wantedDatasets(request) === 'none') return { least: 0, most: 0 };
  const plan = planDatasets(request.dataset, request.builder);
  const bytes = (end: 'least' | 'most') =>
    bytesToChoose(plan, {
      pairs: of.pairs[end] ?? 0,
      turns: of.turns[end] ?? 0,
      candidates: of.candidates[end] ?? 0,
      examples: of.examples[end] ?? 0,
    });
  return { least: bytes('least'), most: of.pairs.most === null ? null : bytes('most') };
}

/** A part that S3 copies has a size, at least; shards that wrote less are gathered. */
const partsOf = (shards: number, collectionBytes: number, { minPartBytes }: RunPlace): number =>
  Math.min(shards, Math.ceil(collectionBytes / minPartBytes));

interface Taken {
  readonly cut: RunCut;
  readonly choosing: EstimatedRange;
  readonly seconds: RunSeconds;
  readonly collectionBytes: number;
  readonly textBytes: number;
}

function limitsOf(
  { cut, choosing, seconds, collectionBytes, textBytes }: Taken,
  { place, ceilings }: Pick<RunBounds, 'place' | 'ceilings'>,
): readonly LimitShare[] {
  const { stepMemoryMb, chooseMemoryMb, chooseBytes, maxObjectBytes, executionSeconds } = place;
  const reader = cut.groupingTasks > 0 ? seconds.group : seconds.build;
  const all: readonly LimitShare[] = [
    {
      limit: `the stack's maxChildren (${ceilings.maxChildren})`,
      share: Math.max(cut.shards, cut.groupingTasks) / ceilings.maxChildren,
      fix: 'a larger limits.shard_bytes, or fewer traces per run',
    },
    {
      limit: `Choose's memory (${chooseMemoryMb} MB)`,
      share: (choosing.most ?? choosing.least) / chooseBytes,
      fix: "more memory (the stack's chooseMemory), fewer dataset.formats, or fewer traces per run",
    },
    { limit: '15 minutes for the largest task', share: reader.longest / FUNCTION_SECONDS, fix: cut.largest.fix },
    {
      limit: "Choose's 15 minutes",
      share: seconds.choose / FUNCTION_SECONDS,
      fix: 'fewer traces per run, or dataset.formats []',
    },
    {
      limit: "Finalize's 15 minutes",
      share: seconds.finalize / FUNCTION_SECONDS,
      fix: 'fewer traces per run, or fewer dataset.formats',
    },
    {
      limit: 'the size of one object in S3',
      share: collectionBytes / maxObjectBytes,
      fix: 'fewer traces per run, or builder.max_pairs_per_turn',
    },
    {
      limit: "the execution's time (23 days)",
      share: seconds.all / executionSeconds,
      fix: 'a larger limits.max_concurrency',
    },
    ...(cut.joinsAll
      ? [
          {
            limit: `GroupCandidates' memory (${stepMemoryMb} MB)`,
            share: textBytes / (stepMemoryMb * 2 ** 20),
            fix: cut.largest.fix,
          },
        ]
      : []),
  ];
  return all.map((one) => ({ ...one, share: Number(one.share.toPrecision(3)) })).toSorted((a, b) => b.share - a.share);
}

const warn = ({ limit, share, fix }: LimitShare): string =>
  `The run may fail: it needs about ${Math.round(100 * share)} % of ${limit}. What helps: ${fix}.`;

const wholeSeconds = ({ group, build, choose, write, finalize, all }: RunSeconds): TracesEstimate['seconds'] => ({
  group: Math.ceil(group.all),
  build: Math.ceil(build.all),
  choose: Math.ceil(choose),
  write: Math.ceil(write.all),
  finalize: Math.ceil(finalize),
  all: Math.ceil(all),
});

const wholeUsage = ({ gibSeconds, stateTransitions, reads, writes }: RunUsage): TracesEstimate['usage'] => ({
  gib_seconds: Math.ceil(gibSeconds),
  state_transitions: Math.ceil(stateTransitions),
  reads: Math.ceil(reads),
  writes: Math.ceil(writes),
});
