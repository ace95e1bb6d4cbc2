import { measure, rounded } from '../measure.ts';
import type { Chosen, Figures } from './figures.ts';

interface Memory {
  /** Bytes a shard, or a pair. */
  readonly each: number;
  /** Bytes of none. */
  readonly none: number;
}

/**
 * Peak memory of Finalize, by processes of their own. Measured before anything large: what the parent holds counts to the
 * peak of its children.
 */
export const measureMemory = (): { readonly shards: Memory; readonly pairs: Memory } => ({
  shards: lineThrough([20_000, 100_000].map((count) => peakOf('finalize-memory', count))),
  pairs: lineThrough([300_000, 1_300_000].map((count) => peakOf('formats-memory', count))),
});

interface Peak {
  readonly count: number;
  readonly bytes: number;
}

function peakOf(program: 'finalize-memory' | 'formats-memory', count: number): Peak {
  const { peakMiB } = measure([`bench/scaling/${program}.ts`, String(count)]);
  return { count, bytes: peakMiB * 2 ** 20 };
}

function lineThrough([low, high]: readonly Peak[]): Memory {
  if (!low || !high) throw new Error('two points make a line');
  const each = (high.bytes - low.bytes) / (high.count - low.count);
  return { each, none: low.bytes - low.count * each };
}

/**
 * Choosing, which is the larger part of what a large Finalize holds: four turns an item. Of one format as many pairs as a
 * function of 10,240 MB chooses among, which takes some minutes and 8 GB.
 */
export const measureChoosing = (): Figures['choose'] => ({
  one: chosen(89_000_000, 3, 'nemo_customizer'),
  two: chosen(4_000_000, 3, 'nemo_customizer', 'trl'),
  with_trl_kto: chosen(4_000_000, 3, 'nemo_customizer', 'trl', 'trl_kto'),
  one_pair_a_turn: chosen(4_000_000, 1, 'nemo_customizer'),
});

function chosen(pairs: number, pairsOfTurn: number, ...formats: readonly string[]): Chosen {
  const { seconds, peakMiB } = measure(['bench/scaling/choose.ts', ...[pairs, 4, pairsOfTurn].map(String), ...formats]);
  return { pairs, seconds: rounded(seconds), peakBytes: rounded(peakMiB * 2 ** 20) };
}
