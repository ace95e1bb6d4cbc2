import { shortened } from './excerpt.ts';
import { embedJson } from './html.ts';
import type { SampledPair, ShownMessage } from './input.ts';

/** What the page's script reads: prompts stand once, pairs point at them. */
export type EmbeddedPairs = { readonly prompts: readonly EmbeddedPrompt[]; readonly pairs: readonly EmbeddedPair[] };

export type EmbeddedPrompt = { readonly messages: readonly ShownMessage[]; readonly earlier: number };

export type EmbeddedPair = Pick<
  SampledPair,
  | 'kinds'
  | 'example_id'
  | 'turn_id'
  | 'margin'
  | 'reward'
  | 'chosen_score'
  | 'rejected_score'
  | 'chosen_index'
  | 'rejected_index'
  | 'lineage'
> & {
  /** Index into `prompts`. */
  readonly prompt: number;
  /** Lengths of the whole texts, in UTF-16 code units. */
  readonly chosen_length: number;
  readonly rejected_length: number;
  /** What of the texts is shown. What only one of them has is marked by the page when it shows them. */
  readonly chosen: string;
  readonly rejected: string;
};

/** Bytes of the embedded pairs. The rest of the page stays under half a megabyte, all of it under 3 MB. */
const MOST_BYTES = 2_300_000;
const LONGEST_EXCERPT = 8192;

/** The pairs as JSON for a script element, their texts cut further, all to the same length, until they fit. */
export function embedPairs(pairs: readonly SampledPair[]): string {
  for (let most = LONGEST_EXCERPT; ; most /= 2) {
    const embedded = embedJson(compacted(pairs.map((pair) => shortened(pair, most))));
    if (most === 1 || new TextEncoder().encode(embedded).length <= MOST_BYTES) return embedded;
  }
}

function compacted(pairs: readonly SampledPair[]): EmbeddedPairs {
  const prompts = new Map<string, { index: number; prompt: EmbeddedPrompt }>();
  const rows = pairs.map((pair) => {
    const { prompt: messages, earlier_messages: earlier, chosen, rejected, ...kept } = pair;
    const text = JSON.stringify([messages, earlier]);
    const known = prompts.get(text) ?? { index: prompts.size, prompt: { messages, earlier } };
    prompts.set(text, known);
    return {
      ...kept,
      prompt: known.index,
      chosen_length: chosen.length,
      rejected_length: rejected.length,
      chosen: chosen.text,
      rejected: rejected.text,
    };
  });
  return { prompts: [...prompts.values()].map(({ prompt }) => prompt), pairs: rows };
}
