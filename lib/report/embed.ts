import { diffWordsWithSpace } from 'diff';
import { shortened } from './excerpt.ts';
import { embedJson } from './html.ts';
import type { Excerpt, SampledPair, ShownMessage } from './input.ts';

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
  /** Both texts as runs in threes: in both, in the chosen only, in the rejected only, and so on. */
  readonly runs: readonly string[];
  /** False when the texts differ in too many words for marks to say anything; `runs` then holds them whole. */
  readonly compared: boolean;
};

/** Bytes of the embedded pairs. The rest of the page stays under half a megabyte, all of it under 3 MB. */
const MOST_BYTES = 2_300_000;
/** Past so many added and removed words, marks are noise; it also bounds the time, which grows with its square. */
const MOST_EDITS = 160;
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
      ...runsOf(chosen, rejected),
    };
  });
  return { prompts: [...prompts.values()].map(({ prompt }) => prompt), pairs: rows };
}

function runsOf(chosen: Excerpt, rejected: Excerpt): Pick<EmbeddedPair, 'runs' | 'compared'> {
  const changes = diffWordsWithSpace(chosen.text, rejected.text, { maxEditLength: MOST_EDITS });
  if (changes === undefined) return { runs: ['', chosen.text, rejected.text], compared: false };
  const runs: string[] = [];
  let run: [string, string, string] = ['', '', ''];
  for (const { value, added, removed } of changes) {
    // A blank between two replaced words belongs to the replacement: one mark reads better than many.
    if (!added && !removed && value === ' ' && run[1] !== '' && run[2] !== '') {
      run[1] += value;
      run[2] += value;
    } else if (!added && !removed) {
      if (run.some((text) => text !== '')) runs.push(...run);
      run = [value, '', ''];
    } else run[added ? 2 : 1] += value;
  }
  runs.push(...run);
  return { runs, compared: true };
}
