import { CorruptObject } from '../errors.ts';
import { openExampleSample, reportExamples } from './example-sample.ts';
import { histogram } from './histogram.ts';
import type { ReportSample, SampledPair, SampleKind, ShownPair } from './input.ts';
import { openLengthSample, reportLengths } from './length-sample.ts';
import { openPairSample } from './pair-sample.ts';
import type { PlacedPair } from './pair-texts.ts';
import type { ShardSample } from './shard-sample.ts';
import { openSkippedSample, reportSkipped } from './skipped-sample.ts';
import { openSourceSample, reportSources } from './source-sample.ts';
import { openTurnSample, reportTurns } from './turn-sample.ts';

/** The pairs whose lines are the bytes from `start` to before `end` of the shard's `sampled-pairs.jsonl`. */
export type ReadShownPairs = (
  ordinal: number,
  range: { readonly start: number; readonly end: number },
) => Promise<readonly ShownPair[]>;

/**
 * The sample of all shards' groups: what one sampler over them would have taken. Reads only the lines of the pairs that
 * rank first among all. Throws {@link CorruptObject} where such lines are missing.
 */
export async function mergeSamples(shards: readonly SampledShard[], read: ReadShownPairs): Promise<ReportSample> {
  const margins = histogram({ whole: false });
  const perExample = histogram({ whole: true });
  const turnSizes = histogram({ whole: true });
  const lengths = openLengthSample();
  const examples = openExampleSample();
  const sources = openSourceSample();
  const turns = openTurnSample();
  const skipped = openSkippedSample(true);
  const ranked = openPairSample<RankedPair>();
  let [pairs, groups] = [0, 0];
  for (const { ordinal, first, sample } of shards) {
    pairs += sample.pairs;
    groups += sample.groups;
    margins.addKept(sample.margins);
    perExample.addKept(sample.pairs_per_example);
    turnSizes.addKept(sample.turns_by_candidates);
    lengths.addKept(sample.lengths);
    examples.addKept(sample.examples);
    sources.addKept(sample.sources);
    turns.addKept(sample.turns);
    skipped.addKept(sample.skipped);
    for (const pair of sample.sampled_pairs) ranked.keep({ ...pair, ordinal, number: first + pair.pair + 1 });
  }
  return {
    pairs,
    groups,
    margins: margins.bins(),
    pairs_per_example: perExample.bins(),
    turns_by_candidates: turnSizes.kept().map(([candidates, turns]) => ({ candidates, turns })),
    lengths: reportLengths(lengths.kept(), pairs),
    curriculum: reportExamples(examples.kept()),
    sources: reportSources(sources.kept()),
    turns: reportTurns(turns.kept()),
    skipped: reportSkipped(skipped.kept()),
    sampled_pairs: await readTexts(ranked.kept(), read),
  };
}

export interface SampledShard {
  readonly ordinal: number;
  /** So many pairs of the collection lie before the shard's. */
  readonly first: number;
  readonly sample: ShardSample;
}

interface RankedPair extends PlacedPair {
  readonly ordinal: number;
  /** In the collection, from 1. */
  readonly number: number;
}

async function readTexts(ranked: ReadonlyMap<RankedPair, SampleKind[]>, read: ReadShownPairs): Promise<SampledPair[]> {
  const runs = joinNeighbours([...ranked.keys()]);
  const sampled = new Map<RankedPair, SampledPair>();
  for (let at = 0; at < runs.length; at += READS_AT_ONCE) {
    const texts = await Promise.all(runs.slice(at, at + READS_AT_ONCE).map((run) => readRun(run, read)));
    for (const [pair, text] of texts.flat())
      sampled.set(pair, { kinds: ranked.get(pair) ?? [], number: pair.number, fates: [], ...text });
  }
  return [...ranked.keys()].flatMap((pair) => sampled.get(pair) ?? []);
}

async function readRun(
  { pairs, ordinal, start, end }: Run,
  read: ReadShownPairs,
): Promise<(readonly [RankedPair, ShownPair])[]> {
  const texts = await read(ordinal, { start, end });
  return pairs.map((pair, index) => {
    const text = texts[index];
    if (text) return [pair, text];
    throw new CorruptObject(
      `Shard ${ordinal} has ${texts.length} sampled pairs in bytes ${start} to ${end}, where ${pairs.length} belong; start the run under another run id.`,
    );
  });
}

/** Small requests: so many keep a store busy without being throttled. */
const READS_AT_ONCE = 32;

/** Pairs whose lines follow one another. */
interface Run {
  readonly pairs: RankedPair[];
  readonly ordinal: number;
  readonly start: number;
  end: number;
}

/** Neighbours are read together: in a run of one shard, all pairs. */
function joinNeighbours(pairs: readonly RankedPair[]): Run[] {
  const runs: Run[] = [];
  for (const pair of pairs.toSorted((a, b) => a.ordinal - b.ordinal || a.start - b.start)) {
    const { ordinal, start, end } = pair;
    const last = runs.at(-1);
    if (last?.ordinal === ordinal && last.end === start) {
      last.pairs.push(pair);
      last.end = end;
    } else runs.push({ pairs: [pair], ordinal, start, end });
  }
  return runs;
}
