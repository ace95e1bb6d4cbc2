import * as z from 'zod';
import { compareText } from '../compare-text.ts';
import type { BuilderSettings } from '../contract/builder.ts';
import { keepFinite, rewardOf } from '../preferences/reward.ts';
import { shortId } from './excerpt.ts';
import type { ReportSample } from './input.ts';
import type { PairedGroup } from './paired-group.ts';
import { reservoir } from './reservoir.ts';

/** As many examples as a chart can show. */
const EXAMPLES = 300;

export const SampledExample = z.strictObject({
  hash: z.int().min(0),
  example_id: z.string(),
  pairs: z.int().min(1),
  /** Of the rewards of its pairs. */
  mean: z.number(),
  least: z.number(),
  greatest: z.number(),
  mean_margin: z.number(),
  /** Of the scores of its pairs' answers. */
  mean_chosen: z.number(),
  mean_rejected: z.number(),
});

export const ExampleSample = z.array(SampledExample).max(EXAMPLES);
export type ExampleSample = z.infer<typeof ExampleSample>;

/** `share`: of the whole sample's size. */
export function openExampleSample(share = 1) {
  const examples = reservoir<ExampleSample[number]>(Math.ceil(EXAMPLES * share));
  return {
    add(group: PairedGroup, hash: number, builder: Pick<BuilderSettings, 'reward_from_score_diff'>): void {
      if (!examples.admits(hash, hash)) return;
      examples.keep(hash, { hash, example_id: shortId(group.exampleId), ...sumUpRewards(group, builder) });
    },
    addKept(kept: ExampleSample): void {
      for (const example of kept) examples.keep(example.hash, example);
    },
    kept: (): ExampleSample => examples.kept(),
  };
}

function sumUpRewards({ turns }: PairedGroup, builder: Pick<BuilderSettings, 'reward_from_score_diff'>) {
  const pairs = turns.flat();
  const rewards = pairs.map((pair) => rewardOf(pair, builder));
  // Divided first: the sum of two large numbers is past what a number holds.
  const meanOf = (values: readonly number[]): number =>
    keepFinite(values.reduce((sum, value) => sum + value / values.length, 0));
  return {
    pairs: pairs.length,
    mean: meanOf(rewards),
    mean_margin: meanOf(pairs.map(({ margin }) => margin)),
    mean_chosen: meanOf(pairs.map(({ chosen }) => chosen.score)),
    mean_rejected: meanOf(pairs.map(({ rejected }) => rejected.score)),
    least: rewards.reduce((a, b) => Math.min(a, b)),
    greatest: rewards.reduce((a, b) => Math.max(a, b)),
  };
}

/** The highest mean reward (the easiest) first. */
export const reportExamples = (sample: ExampleSample): ReportSample['curriculum'] =>
  sample
    .map(({ hash: _, ...example }) => example)
    .sort((a, b) => b.mean - a.mean || compareText(a.example_id, b.example_id));
