import { TOKEN_EDGES, type TokenFacts } from '../contract/dataset-result.ts';

export const noTokens = (): TokenFacts => ({
  pairs: 0,
  uncounted: 0,
  bins: new Array<number>(TOKEN_EDGES.length + 1).fill(0),
  longest: 0,
  longest_prompt: 0,
});

/** Adds a pair: its prompt's tokens, and those of its longer side with the prompt. */
export function addTokens(
  facts: TokenFacts,
  pair: { readonly prompt: number; readonly whole: number } | undefined,
): void {
  if (!pair) {
    facts.uncounted += 1;
    return;
  }
  const edge = TOKEN_EDGES.findIndex((most) => pair.whole <= most);
  const bin = edge < 0 ? TOKEN_EDGES.length : edge;
  facts.pairs += 1;
  facts.bins[bin] = (facts.bins[bin] ?? 0) + 1;
  facts.longest = Math.max(facts.longest, pair.whole);
  facts.longest_prompt = Math.max(facts.longest_prompt, pair.prompt);
}

/** The facts of several shards together; undefined where none counted. */
export function sumTokens(all: readonly (TokenFacts | undefined)[]): TokenFacts | undefined {
  const counted = all.filter((facts) => facts !== undefined);
  if (counted.length === 0) return undefined;
  return counted.reduce((sum, more) => ({
    pairs: sum.pairs + more.pairs,
    uncounted: sum.uncounted + more.uncounted,
    bins: sum.bins.map((pairs, at) => pairs + (more.bins[at] ?? 0)),
    longest: Math.max(sum.longest, more.longest),
    longest_prompt: Math.max(sum.longest_prompt, more.longest_prompt),
  }));
}

/** Tokens that TRL's `max_length` is by itself. */
const TRL_MAX_LENGTH = 1024;

/** Pairs that TRL cuts, or loses, unless it is told otherwise. */
export const pastTrlLength = ({ bins }: TokenFacts): number =>
  bins.slice(TOKEN_EDGES.indexOf(TRL_MAX_LENGTH) + 1).reduce((sum, pairs) => sum + pairs, 0);

export function tokenWarnings(facts: TokenFacts | undefined, formats: readonly string[]): readonly string[] {
  if (!facts || !formats.some((name) => name === 'trl' || name === 'trl_kto')) return [];
  const past = pastTrlLength(facts);
  return past === 0
    ? []
    : [
        `${past} of ${facts.pairs} pairs have more than ${TRL_MAX_LENGTH} tokens, which is TRL's max_length unless you set it: it cuts or loses them. The longest has ${facts.longest}. Set max_length, or dataset.max_tokens.`,
      ];
}
