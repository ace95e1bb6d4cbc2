import type { View } from '../contract/dataset-result.ts';
import { CorruptObject, LeakingDataset } from '../errors.ts';
import type { Digest } from './digest.ts';
import type { Ledger } from './ledger.ts';
import { viewOf } from './selection.ts';

/** Looks at every pair once more as it is written, whatever the selection said of it. */
export interface LeakGuard {
  /** Throws {@link LeakingDataset} where the other side has the example or the prompt already. */
  pass(pair: {
    readonly root: Digest;
    readonly prompt: Digest;
    readonly side: number;
    /** Where its trace item stands. */
    readonly at: { readonly key: string; readonly offset: number };
  }): void;
}

export function leakGuard(ledger: Ledger, view: View): LeakGuard {
  const { prompts } = viewOf(ledger, view);
  const sideOfRoot = new Uint8Array(ledger.roots.size);
  const sideOfPrompt = new Uint8Array(prompts.size);
  return {
    pass({ root, prompt, side, at }) {
      const where = `${at.key}, byte ${at.offset}, view ${view}`;
      mark(sideOfRoot, ledger.roots.find(root), side, `The example itself (${where})`);
      mark(sideOfPrompt, prompts.find(prompt), side, `A prompt (${where})`);
    },
  };
}

function mark(sides: Uint8Array, index: number, side: number, what: string): void {
  if (index < 0) throw new CorruptObject(`${what} was not in the collection when it was first read. Run again.`);
  const before = sides[index] ?? 0;
  if (before !== 0 && before !== side) {
    throw new LeakingDataset(
      `${what} would stand in training and in validation. Nothing is committed; please report it.`,
    );
  }
  sides[index] = side;
}
