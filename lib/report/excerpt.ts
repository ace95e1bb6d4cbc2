import type { SampledPair, ShownMessage, ShownPart } from './input.ts';

/** UTF-16 code units kept of an id. */
const ID_LENGTH = 300;

/** The beginning of a text, never half of a surrogate pair. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? most - 1 : most);
}

export const excerpt = (label: string, text: string, most: number): ShownPart => ({
  label: shortLabel(label),
  text: beginning(text, Math.max(0, most)),
  length: text.length,
});

export const shortId = (id: string): string => (id.length > ID_LENGTH ? `${beginning(id, ID_LENGTH)}…` : id);

/** A role, the name of a tool or of a field. */
export const shortLabel = (label: string): string =>
  label.length > LABEL_LENGTH ? `${beginning(label, LABEL_LENGTH)}…` : label;
const LABEL_LENGTH = 80;

/** The same pair with every text cut further to at most `most` code units. */
export function shortened(pair: SampledPair, most: number): SampledPair {
  const again = (messages: readonly ShownMessage[]): ShownMessage[] =>
    messages.map(({ role, parts }) => ({
      role,
      parts: parts.map(({ text, ...part }) => ({ ...part, text: beginning(text, most) })),
    }));
  return { ...pair, prompt: again(pair.prompt), chosen: again(pair.chosen), rejected: again(pair.rejected) };
}
