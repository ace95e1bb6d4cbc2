import * as z from 'zod';
import { objectKeyOf } from '../preferences/candidate-place.ts';
import { keepFinite } from '../preferences/reward.ts';
import type { ReportSample } from './input.ts';
import type { GroupPair } from './paired-group.ts';
import { roundedMean } from './rounded-mean.ts';
import { hashAt, hashText, NO_HASH } from './sample-hash.ts';

/** As many trace objects as a table can show. */
const SOURCES = 50;

const SourceSums = z.strictObject({
  hash: z.int().min(0),
  key: z.string(),
  pairs: z.int().min(1),
  margin_sum: z.number(),
  least_margin: z.number(),
  greatest_margin: z.number(),
  chosen_sum: z.number(),
  rejected_sum: z.number(),
});
type SourceSums = z.infer<typeof SourceSums>;

export const SourceSample = z.array(SourceSums).max(SOURCES);
export type SourceSample = z.infer<typeof SourceSample>;

/**
 * Margins and scores by trace file, of those whose keys have the lowest hashes: they are the same ones in every shard, so
 * the sums of an object that several shards read are of all its pairs.
 */
export function openSourceSample() {
  const sources = new Map<string, SourceSums>();
  /** The one that goes for a better one, where there is room for no more. */
  let worst: SourceSums | undefined;
  let last = { place: '', ...rankOf('') };

  const open = (ranked: Ranked): SourceSums | undefined => {
    const known = sources.get(ranked.key);
    if (known) return known;
    if (worst && !isBelow(ranked, worst)) return undefined;
    if (worst) sources.delete(worst.key);
    const opened = { ...ranked, ...NO_SUMS };
    sources.set(ranked.key, opened);
    if (sources.size === SOURCES) worst = [...sources.values()].reduce((a, b) => (isBelow(a, b) ? b : a));
    return opened;
  };
  return {
    add({ chosen, rejected, margin }: GroupPair): void {
      // Neighbours mostly share their key.
      if (last.place !== chosen.place.key) last = { place: chosen.place.key, ...rankOf(chosen.place.key) };
      const { key, hash } = last;
      const [least_margin, greatest_margin] = [margin, margin];
      const sums = { margin_sum: margin, chosen_sum: chosen.score, rejected_sum: rejected.score };
      const source = open({ key, hash });
      if (source) addSums(source, { pairs: 1, least_margin, greatest_margin, ...sums });
    },
    addKept(kept: SourceSample): void {
      for (const { key, hash, ...sums } of kept) {
        const source = open({ key, hash });
        if (source) addSums(source, sums);
      }
    },
    kept: (): SourceSample => [...sources.values()].sort((a, b) => (isBelow(a, b) ? -1 : 1)),
  };
}

type Ranked = Pick<SourceSums, 'hash' | 'key'>;

/** Of an archive the whole counts: it may have an entry for each candidate. */
function rankOf(place: string): Ranked {
  const key = objectKeyOf(place);
  return { key, hash: hashAt(hashText(NO_HASH, key), 0) };
}

const isBelow = (a: Ranked, b: Ranked): boolean => a.hash < b.hash || (a.hash === b.hash && a.key < b.key);

const NO_SUMS = {
  pairs: 0,
  margin_sum: 0,
  least_margin: Number.MAX_VALUE,
  greatest_margin: -Number.MAX_VALUE,
  chosen_sum: 0,
  rejected_sum: 0,
};

function addSums(sums: SourceSums, more: typeof NO_SUMS): void {
  sums.pairs += more.pairs;
  sums.margin_sum = keepFinite(sums.margin_sum + more.margin_sum);
  sums.least_margin = Math.min(sums.least_margin, more.least_margin);
  sums.greatest_margin = Math.max(sums.greatest_margin, more.greatest_margin);
  sums.chosen_sum = keepFinite(sums.chosen_sum + more.chosen_sum);
  sums.rejected_sum = keepFinite(sums.rejected_sum + more.rejected_sum);
}

/** Those with the most pairs first. */
export const reportSources = (sample: SourceSample): ReportSample['sources'] =>
  sample
    .map(({ key, pairs, least_margin, greatest_margin, margin_sum, chosen_sum, rejected_sum }) => ({
      ...{ key, pairs, least_margin, greatest_margin },
      mean_margin: roundedMean(margin_sum, pairs),
      mean_chosen: roundedMean(chosen_sum, pairs),
      mean_rejected: roundedMean(rejected_sum, pairs),
    }))
    .sort((a, b) => b.pairs - a.pairs || (a.key < b.key ? -1 : 1));
