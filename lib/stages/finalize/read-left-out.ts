import type { ChoiceFacts } from '../../contract/choice-facts.ts';
import { Trajectory } from '../../contract/trajectory.ts';
import type { DatasetPlan } from '../../datasets/dataset-plan.ts';
import { nameReasons, type PairBlock, placeEntry, readBlock } from '../../datasets/pair-index.ts';
import { runKeys } from '../../objects/keys.ts';
import { readAll } from '../../objects/store.ts';
import { TEXT_GAPS } from '../../preferences/trajectory-text.ts';
import type { SampledPair } from '../../report/input.ts';
import { showTrajectory } from '../../report/shown-pair.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import type { BuiltShard } from '../summaries.ts';
import { type LocatedPair, locatePairs } from './locate-pairs.ts';

/**
 * Adds to the sampled pairs those that Choose noted as left out: a sample alone rarely has a pair of a rare reason. Their
 * texts are read out of the shards' parts of the collection.
 */
export async function readLeftOut(
  runId: string,
  { left_out_pairs }: Pick<ChoiceFacts, 'left_out_pairs'>,
  run: { readonly plan: DatasetPlan; readonly built: readonly BuiltShard[] },
  sampled: readonly SampledPair[],
  deps: Deps,
): Promise<readonly SampledPair[]> {
  const noted = new Set(Object.values(left_out_pairs).flat());
  const known = new Set(sampled.map(({ number }) => number - 1));
  const missing = [...noted].filter((number) => !known.has(number)).sort((a, b) => a - b);
  const shards = locatePairs(missing, run.built);
  const read = await each(shards, AT_ONCE, (shard) => readPairs(runId, shard, run.plan, deps));
  return [
    ...sampled.map(
      (pair): SampledPair => (noted.has(pair.number - 1) ? { ...pair, kinds: [...pair.kinds, 'left_out'] } : pair),
    ),
    ...read.flat(),
  ];
}

/** A block of an index is 700 KB. */
const AT_ONCE = 4;

async function readPairs(
  runId: string,
  { built, pairs }: { readonly built: BuiltShard; readonly pairs: readonly LocatedPair[] },
  plan: DatasetPlan,
  { collections }: Deps,
): Promise<readonly SampledPair[]> {
  const { ordinal, index } = built.summary;
  const keys = runKeys(runId).shard(ordinal);
  const shown: SampledPair[] = [];
  let open: { readonly start: number; readonly block: PairBlock } | undefined;
  for (const { number, place } of pairs) {
    const { start, end, row } = placeEntry(plan, { pair: place, pairs: index.pairs });
    if (open?.start !== start) {
      open = { start, block: readBlock(await readAll(collections, keys.index, { start, end }), plan) };
    }
    const { block } = open;
    const range = rangeOf(block, row);
    if (range.end - range.start > MOST_BYTES) continue;
    const json = new TextDecoder().decode(await readAll(collections, keys.collection, range));
    const left_out = nameReasons(
      plan,
      plan.formats.map(({ name }) => block.unheld(name)[row] ?? 0),
    );
    const pair = showTrajectory(Trajectory.parse(JSON.parse(json)), { left_out, tokens: null });
    shown.push({ kinds: ['left_out'], number: number + 1, fates: [], ...pair });
  }
  return shown;
}

/** Larger pairs are not shown: a report reads a bounded part of a run. */
const MOST_BYTES = 2 ** 20;

/** The bytes of a pair's trajectory in its shard's part. */
function rangeOf(block: PairBlock, row: number): { readonly start: number; readonly end: number } {
  const bytes = (name: 'promptBytes' | 'chosenBytes' | 'rejectedBytes' | 'tailBytes'): number =>
    block.integers(name)[row] ?? 0;
  const prompt = block.doubles('start')[row] ?? 0;
  const end =
    prompt +
    bytes('promptBytes') +
    TEXT_GAPS.chosen +
    bytes('chosenBytes') +
    TEXT_GAPS.rejected +
    bytes('rejectedBytes') +
    bytes('tailBytes');
  return { start: prompt - TEXT_GAPS.prompt, end };
}
