import type { Fate } from './decisions.ts';
import { chosenOf, earlier, type PairTable, promptOf, rejectedOf, toolsOf } from './pair-table.ts';
import { type Selection, viewIn } from './select-pairs.ts';
import { wordTable } from './word-table.ts';

/** Whether an unpaired format writes a pair's chosen completion, or its rejected one, with this pair; or why not. */
export type CompletionFate = (pair: number, chosen: boolean) => Fate;

/**
 * A turn's candidates each are in several pairs: a completion is written with the first pair that holds it (by trace
 * object and place in it), and not at all where one pair chooses it and another rejects it.
 */
export function assignCompletions(table: PairTable, selection: Selection): CompletionFate {
  const view = viewIn(table, selection.view);
  const completions = wordTable(3);
  const key = new Uint32Array(3);
  const completionOf = (pair: number, chosen: boolean): number => {
    key[0] = promptOf(view, pair);
    key[1] = chosen ? chosenOf(view, pair) : rejectedOf(view, pair);
    key[2] = toolsOf(view, pair);
    return completions.add(key, 0);
  };
  const owners = { true: new Map<number, number>(), false: new Map<number, number>() };
  const own = (pair: number, chosen: boolean): void => {
    const completion = completionOf(pair, chosen);
    const owner = owners[`${chosen}`].get(completion);
    if (owner === undefined || earlier(table, pair, owner) < 0) owners[`${chosen}`].set(completion, pair);
  };
  for (let pair = 0; pair < selection.sides.length; pair++) {
    if (selection.sides[pair] === 0) continue;
    own(pair, true);
    own(pair, false);
  }
  return (pair, chosen) => {
    const completion = completionOf(pair, chosen);
    if (owners.true.has(completion) && owners.false.has(completion)) return 'both_labels';
    return owners[`${chosen}`].get(completion) === pair ? 'write' : 'repeated_completion';
  };
}
