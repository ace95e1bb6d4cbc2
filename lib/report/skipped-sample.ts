import * as z from 'zod';
import { PAIR_LOSSES } from '../datasets/loss-words.ts';
import { objectKeyOf, positionOf } from '../preferences/candidate-place.ts';
import type { SkippedTurn } from '../preferences/pair-example.ts';
import { shortId } from './excerpt.ts';
import { type LossExample, MOST_LOSS_EXAMPLES } from './input.ts';
import { reservoir } from './reservoir.ts';
import { hashAt, hashNumber, hashText, NO_HASH } from './sample-hash.ts';

const count = z.int().min(0);

const KeptTurn = z.strictObject({
  hash: count,
  reason: z.enum(PAIR_LOSSES.map(([counter]) => counter)),
  pairs: z.int().min(1),
  key: z.string(),
  offset: count.optional(),
  row: count.optional(),
  example_id: z.string(),
  turn_id: z.string(),
});
type KeptTurn = z.infer<typeof KeptTurn>;

/** Turns in which possible pairs were not made, a few of each reason. */
export const SkippedSample = z.array(KeptTurn).max(MOST_LOSS_EXAMPLES * PAIR_LOSSES.length);
export type SkippedSample = z.infer<typeof SkippedSample>;

/**
 * Keeps the turns with the lowest hashes of where they begin: the same ones in whatever order they come. Without `text`
 * nothing of what the traces say, which in an archive includes the entry's name.
 */
export function openSkippedSample(text: boolean) {
  const byReason = new Map(PAIR_LOSSES.map(([reason]) => [reason, reservoir<KeptTurn>(MOST_LOSS_EXAMPLES)]));
  return {
    add(exampleId: string, { turnId, begins, counters }: SkippedTurn): void {
      const at = hashNumber(hashText(hashText(NO_HASH, begins.key), exampleId), positionOf(begins));
      const hash = hashAt(hashText(at, turnId), 0);
      for (const [reason, turns] of byReason) {
        if (counters[reason] === 0 || !turns.admits(hash, hash)) continue;
        const said = { key: shortId(begins.key), example_id: shortId(exampleId), turn_id: shortId(turnId) };
        turns.keep(hash, {
          ...{ hash, reason, pairs: counters[reason] },
          ...begins,
          ...(text ? said : { key: objectKeyOf(begins.key), example_id: '', turn_id: '' }),
        });
      }
    },
    addKept(kept: SkippedSample): void {
      for (const turn of kept) byReason.get(turn.reason)?.keep(turn.hash, turn);
    },
    kept: (): SkippedSample => [...byReason.values()].flatMap((turns) => turns.kept()),
  };
}

const WORDS = new Map<string, string>(PAIR_LOSSES);

export const reportSkipped = (sample: SkippedSample): LossExample[] =>
  sample.map(({ reason, pairs, key, offset, row, example_id, turn_id }) => ({
    ...{ kind: 'pair', reason: WORDS.get(reason) ?? reason, key },
    ...(row === undefined ? { offset } : { row }),
    detail: pairs === 1 ? '1 possible pair' : `${pairs} possible pairs`,
    example_id: example_id || null,
    turn_id: turn_id || null,
  }));
