import type { Decisions } from './decisions.ts';
import { earlier, type Ledger } from './ledger.ts';
import { type Selection, viewOf } from './selection.ts';

/** Which completions an unpaired format writes, and with which pair. */
export type Completions = Pick<Decisions, 'fate'>;

/**
 * A turn's candidates each stand in several pairs: a completion is written with the first pair that holds it (by trace
 * object and place in it), and not at all where one pair chooses it and another rejects it.
 */
export function completionsOf(ledger: Ledger, selection: Selection): Completions {
  const { completions, chosenOf, rejectedOf } = viewOf(ledger, selection.view);
  const owners = { true: owning(completions.size), false: owning(completions.size) };
  for (const [pair, side] of selection.sides.entries()) {
    if (side === 0) continue;
    own(ledger, owners.true, chosenOf.at(pair), pair);
    own(ledger, owners.false, rejectedOf.at(pair), pair);
  }
  return {
    fate(pair, chosen) {
      const completion = (chosen ? chosenOf : rejectedOf).at(pair);
      if ((owners.true[completion] ?? -1) >= 0 && (owners.false[completion] ?? -1) >= 0) return 'both_labels';
      return owners[`${chosen}`][completion] === pair ? 'write' : 'repeated_completion';
    },
  };
}

const owning = (completions: number): Int32Array => new Int32Array(completions).fill(-1);

function own(ledger: Ledger, owners: Int32Array, completion: number, pair: number): void {
  const owner = owners[completion] ?? -1;
  if (owner < 0 || earlier(ledger, pair, owner) < 0) owners[completion] = pair;
}
