import * as z from 'zod';
import type { Utf8 } from '../objects/utf8.ts';
import { openPairSample } from './pair-sample.ts';
import { type UnwrittenPair, writeShownPair } from './shown-pair.ts';

const count = z.int().min(0);

/** A sampled pair: what it is ranked by, and the place of its line in the shard's `sampled-pairs.jsonl`. */
export const PlacedPair = z.strictObject({
  /** Its place in the shard, from 0. */
  pair: count,
  hash: count,
  margin: z.number(),
  /** Of both responses together. */
  length: count,
  start: count,
  /** Where the next line begins. */
  end: count,
});
export type PlacedPair = z.infer<typeof PlacedPair>;
type ShardPairRank = Omit<PlacedPair, 'start' | 'end'>;

/**
 * The sampled pairs of a shard with their texts. A pair that is kept is often pushed out by the next one (those of a turn
 * come widest margin first), so its line is not made at once. Until then its whole texts stay in memory: the lines are made
 * when the pairs kept since the last time have more than {@link MOST_UNWRITTEN} together.
 */
export function openPairTexts(share: number) {
  const sample = openPairSample<HeldPair>(share);
  let unwritten = 0;

  return {
    admits: sample.admits,
    keep: (rank: ShardPairRank, text: UnwrittenPair): void => {
      sample.keep({ ...rank, text });
      unwritten += rank.length + text.prompt.json.length;
      if (unwritten <= MOST_UNWRITTEN) return;
      for (const pair of sample.kept().keys()) pair.text = writeOnce(pair.text);
      unwritten = 0;
    },
    /** The lines are in the order of the pairs. */
    end: () => {
      const pairs: PlacedPair[] = [];
      const lines: Utf8[] = [];
      let start = 0;
      for (const { text, ...rank } of sample.kept().keys()) {
        const line = writeOnce(text);
        const end = start + line.length;
        pairs.push({ ...rank, start, end });
        lines.push(line);
        start = end;
      }
      return { pairs, lines };
    },
  };
}

const writeOnce = (text: UnwrittenPair | Utf8): Utf8 => (typeof text === 'string' ? text : writeShownPair(text));

interface HeldPair extends ShardPairRank {
  text: UnwrittenPair | Utf8;
}

/** Characters: 4 MiB are some thousand pairs of ordinary length, and little beside a shard's other memory. */
const MOST_UNWRITTEN = 2 ** 22;
