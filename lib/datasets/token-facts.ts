import { TOKEN_EDGES, type TokenFacts } from '../contract/dataset-result.ts';

export const noTokens = (): TokenFacts => ({
  pairs: 0,
  chosen_sum: 0,
  rejected_sum: 0,
  chosen_longer: 0,
  rejected_longer: 0,
  uncounted: 0,
  bins: new Array<number>(TOKEN_EDGES.length + 1).fill(0),
  longest: 0,
  longest_prompt: 0,
});

/** Tokens of a pair: of its prompt, and of the prompt with either answer. */
export interface PairTokens {
  readonly prompt: number;
  readonly chosen: number;
  readonly rejected: number;
}

export const longerSide = ({ chosen, rejected }: PairTokens): number => Math.max(chosen, rejected);

export function addTokens(facts: TokenFacts, pair: PairTokens | undefined): void {
  if (!pair) {
    facts.uncounted += 1;
    return;
  }
  const whole = longerSide(pair);
  const edge = TOKEN_EDGES.findIndex((most) => whole <= most);
  const bin = edge < 0 ? TOKEN_EDGES.length : edge;
  facts.pairs += 1;
  facts.bins[bin] = (facts.bins[bin] ?? 0) + 1;
  facts.chosen_sum += pair.chosen;
  facts.rejected_sum += pair.rejected;
  if (pair.chosen > pair.rejected) facts.chosen_longer += 1;
  if (pair.chosen < pair.rejected) facts.rejected_longer += 1;
  facts.longest = Math.max(facts.longest, whole);
  facts.longest_prompt = Math.max(facts.longest_prompt, pair.prompt);
}

/** The facts of several shards together; undefined where none counted. */
export function sumTokens(all: readonly (TokenFacts | undefined)[]): TokenFacts | undefined {
  const counted = all.filter((facts) => facts !== undefined);
  if (counted.length === 0) return undefined;
  return counted.reduce((sum, more) => ({
    pairs: sum.pairs + more.pairs,
    chosen_sum: sum.chosen_sum + more.chosen_sum,
    rejected_sum: sum.rejected_sum + more.rejected_sum,
    chosen_longer: sum.chosen_longer + more.chosen_longer,
    rejected_longer: sum.rejected_longer + more.rejected_longer,
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
        `${past} of ${facts.pairs} pairs have more than ${TRL_MAX_LENGTH} tokens, TRL's default max_length: TRL cuts or drops them. The longest has ${facts.longest}. Set max_length, or dataset.max_tokens.`,
      ];
}
