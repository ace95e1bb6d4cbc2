import { shortened } from './excerpt.ts';
import { embedJson } from './html.ts';
import type { SampledPair, ShownMessage } from './input.ts';

/** What the page's script reads: prompts stand once, pairs point at them. */
export type EmbeddedPairs = { readonly prompts: readonly EmbeddedPrompt[]; readonly pairs: readonly EmbeddedPair[] };

export type EmbeddedPrompt = { readonly messages: readonly ShownMessage[]; readonly earlier: number };

export type EmbeddedPair = Omit<SampledPair, 'prompt' | 'earlier_messages'> & {
  /** Index into `prompts`. */
  readonly prompt: number;
};

/** Bytes of the embedded pairs. The rest of the page stays under half a megabyte, all of it under 3 MB. */
const MOST_BYTES = 2_300_000;
const LONGEST_EXCERPT = 8192;
const SHORTEST_EXCERPT = 64;

/**
 * The pairs as JSON for a script element. They are cut until they fit: first their texts, all to the same length, and then,
 * where ids, labels and structure alone are too much, their number.
 */
export function embedPairs(pairs: readonly SampledPair[]): { readonly json: string; readonly pairs: number } {
  for (let most = LONGEST_EXCERPT; ; most /= 2) {
    const json = embedJson(compacted(pairs.map((pair) => shortened(pair, most))));
    if (new TextEncoder().encode(json).length <= MOST_BYTES) return { json, pairs: pairs.length };
    if (most <= SHORTEST_EXCERPT) return embedPairs(pairs.slice(0, Math.floor(pairs.length / 2)));
  }
}

function compacted(pairs: readonly SampledPair[]): EmbeddedPairs {
  const prompts = new Map<string, { index: number; prompt: EmbeddedPrompt }>();
  const rows = pairs.map(({ prompt: messages, earlier_messages: earlier, ...pair }) => {
    const text = JSON.stringify([messages, earlier]);
    const known = prompts.get(text) ?? { index: prompts.size, prompt: { messages, earlier } };
    prompts.set(text, known);
    return { ...pair, prompt: known.index };
  });
  return { prompts: [...prompts.values()].map(({ prompt }) => prompt), pairs: rows };
}
