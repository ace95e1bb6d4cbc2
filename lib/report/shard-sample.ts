import * as z from 'zod';
import type { BuilderSettings } from '../contract/builder.ts';
import type { Utf8 } from '../objects/utf8.ts';
import { positionOf } from '../preferences/candidate-place.ts';
import type { SkippedTurn } from '../preferences/pair-example.ts';
import { rewardOf } from '../preferences/reward.ts';
import { ExampleSample, openExampleSample } from './example-sample.ts';
import { histogram, KeptValue } from './histogram.ts';
import type { PairNotes } from './input.ts';
import { LengthSample, openLengthSample } from './length-sample.ts';
import { MOST_SAMPLED_PAIRS } from './pair-sample.ts';
import { openPairTexts, PlacedPair } from './pair-texts.ts';
import type { GroupCandidate, GroupPair, PairedGroup } from './paired-group.ts';
import { hashAt, hashNumber, hashText, NO_HASH } from './sample-hash.ts';
import { describePair, responseLength } from './shown-pair.ts';
import { openSkippedSample, SkippedSample } from './skipped-sample.ts';
import { openSourceSample, SourceSample } from './source-sample.ts';
import { openTurnSample, TurnSample } from './turn-sample.ts';

const count = z.int().min(0);

/** What the report needs of a shard, of bounded size. Samples of several shards merge (`merge-samples.ts`). */
export const ShardSample = z.strictObject({
  pairs: count,
  groups: count,
  margins: z.array(KeptValue),
  pairs_per_example: z.array(KeptValue),
  turns_by_candidates: z.array(KeptValue),
  lengths: LengthSample,
  examples: ExampleSample,
  sources: SourceSample,
  turns: TurnSample,
  skipped: SkippedSample,
  sampled_pairs: z.array(PlacedPair).max(MOST_SAMPLED_PAIRS),
});
export type ShardSample = z.infer<typeof ShardSample>;

/** Samples a shard's groups as they are built, in bounded memory. */
export interface ShardSampler {
  /** `describe`: what is shown of a pair besides its texts, asked of those that are kept. */
  readonly addGroup: <Pair extends GroupPair>(group: PairedGroup<Pair>, describe?: (pair: Pair) => PairNotes) => void;
  /** Takes turns of an example in which possible pairs were not made. */
  readonly addSkipped: (exampleId: string, turns: readonly SkippedTurn[]) => void;
  /** The sample, and the lines of `sampled-pairs.jsonl` that belong to it. */
  readonly end: () => { readonly sample: ShardSample; readonly lines: readonly Utf8[] };
}

/**
 * The samples are taken by a hash of each pair's origin: the same pairs whatever order the groups come in. `share` is the
 * part of the whole sample's size that this shard keeps (see {@link shareSample}). Without `text` nothing is kept of what
 * the traces say, only what is counted.
 */
export function openShardSample(
  builder: Pick<BuilderSettings, 'exhaustive_pairs' | 'reward_from_score_diff'>,
  { share = 1, text = true }: { readonly share?: number; readonly text?: boolean } = {},
): ShardSampler {
  const margins = histogram({ whole: false });
  const perExample = histogram({ whole: true });
  const turnSizes = histogram({ whole: true });
  const lengths = openLengthSample(share);
  const examples = openExampleSample(share);
  const sources = openSourceSample();
  const turns = openTurnSample();
  const skipped = openSkippedSample(text);
  const texts = openPairTexts(share);
  let [pairs, groups] = [0, 0];

  return {
    addGroup: (group, describe) => {
      if (group.turns.length === 0) return;
      const origin = hashOrigin(group);
      let place = 0;
      for (const [number, turn] of group.turns.entries()) {
        const measured = measureResponses(turn);
        for (const pair of turn) {
          const { margin } = pair;
          const [chosen, rejected] = [measured.get(pair.chosen) ?? 0, measured.get(pair.rejected) ?? 0];
          const rank = { pair: pairs + place, hash: hashAt(origin, place + 1), margin, length: chosen + rejected };
          place += 1;
          margins.add(margin);
          lengths.add(chosen, rejected, rank.hash);
          sources.add(pair);
          turns.add(number, { margin, chosen, rejected });
          if (!text || !texts.admits(rank)) continue;
          texts.keep(rank, describePair(group, pair, rewardOf(pair, builder), describe?.(pair) ?? NO_NOTES));
        }
        // Those in a pair, or all of the turn's where only its best and its worst are paired.
        turnSizes.add(builder.exhaustive_pairs ? measured.size : (turn[0]?.among ?? 0));
      }
      groups += 1;
      pairs += place;
      perExample.add(place);
      examples.add(text ? group : { ...group, exampleId: '' }, hashAt(origin, 0), builder);
    },
    addSkipped: (exampleId, found) => {
      for (const turn of found) skipped.add(exampleId, turn);
    },
    end: () => {
      const { pairs: sampled_pairs, lines } = texts.end();
      const sample = {
        pairs,
        groups,
        margins: margins.kept(),
        pairs_per_example: perExample.kept(),
        turns_by_candidates: turnSizes.kept(),
        lengths: lengths.kept(),
        examples: examples.kept(),
        sources: sources.kept(),
        turns: turns.kept(),
        skipped: skipped.kept(),
        sampled_pairs,
      };
      return { sample, lines };
    },
  };
}

/** What tells a group from every other of the run, wherever shards begin. */
const hashOrigin = ({ exampleId, turns }: PairedGroup) => {
  const place = turns[0]?.[0]?.chosen.place ?? { key: '', offset: 0 };
  return hashNumber(hashText(hashText(NO_HASH, place.key), exampleId), positionOf(place));
};

const NO_NOTES: PairNotes = { left_out: {}, tokens: null };

/** Of each candidate that is in a pair of the turn, once: the length of its response's text. */
function measureResponses(turn: readonly GroupPair[]): ReadonlyMap<GroupCandidate, number> {
  const lengths = new Map<GroupCandidate, number>();
  for (const { chosen, rejected } of turn) {
    if (!lengths.has(chosen)) lengths.set(chosen, responseLength(chosen.response.value()));
    if (!lengths.has(rejected)) lengths.set(rejected, responseLength(rejected.response.value()));
  }
  return lengths;
}
