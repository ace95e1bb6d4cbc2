import type { Counters } from '../contract/counters.ts';
import { sumOfReasons } from '../contract/counters.ts';
import type { Gate } from '../contract/dataset.ts';
import type { DatasetResult, SelectionResult } from '../contract/dataset-result.ts';
import { GateMissed } from '../errors.ts';

/** Throws {@link GateMissed} with every threshold that the dataset misses. `evidence` is the key to read on at. */
export function passGate(gate: Gate, result: DatasetResult, totals: Counters, evidence: string): void {
  const missed = [
    ...Object.values(result.selections).flatMap((selection) => missesOf(gate, selection)),
    ...rejections(gate, totals),
  ];
  if (missed.length === 0) return;
  const unique = [...new Set(missed)];
  throw new GateMissed(
    `The dataset misses its gate, so the run is not committed: ${unique.join('; ')}. The evidence is in ${evidence}. ` +
      'Mend the traces or the builder settings, or move the threshold in dataset.gate.',
  );
}

function missesOf(gate: Gate, { training, validation, balance }: SelectionResult): readonly string[] {
  const pairs = training.pairs + validation.pairs;
  const examples = training.examples + validation.examples;
  const rate = balance.length?.longer_chosen_rate ?? null;
  return [
    ...below('min_pairs', gate.min_pairs, pairs),
    ...below('min_examples', gate.min_examples, examples),
    ...above('max_longer_chosen_rate', gate.max_longer_chosen_rate, rate),
  ];
}

function rejections(gate: Gate, totals: Counters): readonly string[] {
  const rejected = sumOfReasons(totals.rejected_candidates);
  const share = totals.matching_steps === 0 ? 0 : rejected / totals.matching_steps;
  return above('max_rejected_fraction', gate.max_rejected_fraction, share);
}

const below = (name: string, least: number | null, found: number): readonly string[] =>
  least !== null && found < least ? [`${name} is ${least}, found ${found}`] : [];

const above = (name: string, most: number | null, found: number | null): readonly string[] =>
  most !== null && found !== null && found > most ? [`${name} is ${most}, found ${Number(found.toFixed(4))}`] : [];
