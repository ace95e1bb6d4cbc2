import type { ChoiceFacts } from '../contract/choice-facts.ts';
import type { Counters } from '../contract/counters.ts';
import { sumOfReasons } from '../contract/counters.ts';
import type { Gate } from '../contract/dataset.ts';
import type { FormatChoice, SelectionResult } from '../contract/dataset-result.ts';
import { GateMissed } from '../errors.ts';

/**
 * Throws {@link GateMissed} with every threshold that a dataset misses. It counts what each format writes; without a format
 * what was selected. `evidence` is the key to read on at.
 */
export function passGate(gate: Gate, facts: ChoiceFacts, totals: Counters, evidence: string): void {
  const written = Object.entries(facts.formats);
  const missed = [
    ...written.flatMap(([name, format]) => missesOf(gate, format).map((miss) => `${miss} (${name})`)),
    ...(written.length > 0
      ? []
      : Object.values(facts.views).flatMap(({ selection }) => missesOf(gate, sumOf(selection)))),
    ...rejections(gate, totals),
  ];
  if (missed.length === 0) return;
  throw new GateMissed(
    `The dataset misses its gate, so the run is not committed: ${missed.join('; ')}. The evidence is in ${evidence}. ` +
      'Fix the traces or the builder settings, or change the threshold in dataset.gate.',
  );
}

type Measured = Pick<FormatChoice, 'pairs' | 'examples' | 'longer_chosen_rate'>;

const sumOf = ({ training, validation, balance }: SelectionResult): Measured => ({
  pairs: training.pairs + validation.pairs,
  examples: training.examples + validation.examples,
  longer_chosen_rate: balance.length?.longer_chosen_rate ?? null,
});

const missesOf = (gate: Gate, { pairs, examples, longer_chosen_rate }: Measured): readonly string[] => [
  ...below('min_pairs', gate.min_pairs, pairs),
  ...below('min_examples', gate.min_examples, examples),
  ...above('max_longer_chosen_rate', gate.max_longer_chosen_rate, longer_chosen_rate),
];

function rejections(gate: Gate, totals: Counters): readonly string[] {
  const rejected = sumOfReasons(totals.rejected_candidates);
  const share = totals.matching_steps === 0 ? 0 : rejected / totals.matching_steps;
  return above('max_rejected_fraction', gate.max_rejected_fraction, share);
}

const below = (name: string, least: number | null, found: number): readonly string[] =>
  least !== null && found < least ? [`${name} is ${least}, found ${found}`] : [];

const above = (name: string, most: number | null, found: number | null): readonly string[] =>
  most !== null && found !== null && found > most ? [`${name} is ${most}, found ${Number(found.toFixed(4))}`] : [];
