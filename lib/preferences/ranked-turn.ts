import type { BuilderSettings } from '../contract/builder.ts';
import type { PlacedCandidate } from './candidate.ts';

/**
 * The candidates of a turn, those that may be paired side by side: by class (in `strict` the candidates that share their
 * prompt and tools), and in a class by score, best first. Numbers are places in this order.
 */
export interface RankedTurn {
  readonly candidates: readonly PlacedCandidate[];
  /** The rank of each among all candidates of the turn; equal scores keep their order. */
  readonly ranks: readonly number[];
  /** Where the class of each begins, and one past its end. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  /** Numbers from 0, in `strict` equal for the same answer of one class. In `nat` no two are the same. */
  readonly answers: readonly number[];
}

export function rankTurn(candidates: readonly PlacedCandidate[], { compatibility }: BuilderSettings): RankedTurn {
  // Stable: equal scores keep their order, as Python's sorted(reverse=True) does.
  const ranked = candidates.toSorted((a, b) => b.score - a.score);
  const every = ranked.map((_, rank) => rank);
  if (compatibility === 'nat') return { candidates: ranked, ranks: every, answers: every, ...bounds([every.length]) };
  const classes = classesOf(ranked, every);
  const ranks = classes.length === 1 ? every : classes.flat();
  const ordered = classes.length === 1 ? ranked : ranks.flatMap((rank) => ranked[rank] ?? []);
  const around = bounds(classes.map(({ length }) => length));
  return { candidates: ordered, ranks, answers: numberAnswers(ordered, around), ...around };
}

type Bounds = Pick<RankedTurn, 'begins' | 'ends'>;

function bounds(sizes: readonly number[]): Bounds {
  const begins: number[] = [];
  const ends: number[] = [];
  for (const size of sizes) {
    const begin = begins.length;
    for (let at = 0; at < size; at++) {
      begins.push(begin);
      ends.push(begin + size);
    }
  }
  return { begins, ends };
}

/** The candidates that share their prompt and their tools, by their ranks. */
function classesOf(ranked: readonly PlacedCandidate[], ranks: readonly number[]): readonly (readonly number[])[] {
  const [first] = ranked;
  // The candidates of a turn mostly have one and the same prompt, and nothing is digested.
  if (ranked.every(({ prompt, tools }) => prompt === first?.prompt && tools === first.tools)) return [ranks];
  // A template writes the tools into the prompt.
  const classes = Map.groupBy(ranks, (rank) => {
    const candidate = ranked[rank];
    return `${candidate?.prompt.digest()}${candidate?.tools?.digest() ?? ''}`;
  });
  return [...classes.values()];
}

function numberAnswers(ordered: readonly PlacedCandidate[], { begins }: Bounds): readonly number[] {
  let numbers = new Map<string, number>();
  let next = 0;
  return ordered.map(({ response }, at) => {
    if (begins[at] === at) numbers = new Map();
    const digest = response.digest();
    const known = numbers.get(digest);
    if (known !== undefined) return known;
    numbers.set(digest, next);
    next += 1;
    return next - 1;
  });
}
