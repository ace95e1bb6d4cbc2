import { firstWhere } from './first-where.ts';
import { distance } from './margin.ts';
import type { RankedTurn } from './ranked-turn.ts';

/** Two candidates of a turn, by their places. */
export interface TwoPlaces {
  readonly chosen: number;
  readonly rejected: number;
}

/**
 * So many pairs of a turn, widest first; of equal width in the order of the chosen candidates' ranks, then the rejected
 * ones'. The same as sorting all pairs and taking the first, of which only these are made: each candidate's own pairs
 * are in order of width already, from the worst candidate up, so the widest pair left is one of the candidates' next ones.
 * `from`: where the candidates begin that each may be paired with.
 */
export function* widestPairs(turn: RankedTurn, from: readonly number[], many: number): Generator<TwoPlaces> {
  if (many === 0) return;
  const answers = answersOf(turn);
  const walks = turn.candidates.flatMap((_, at) => openWalk(answers, at, from[at] ?? 0) ?? []);
  const heap = heapOf(walks, isBefore);
  let left = many;
  for (let walk = heap.first(); walk; walk = heap.first()) {
    yield { chosen: walk.chosen, rejected: walk.rejected };
    left -= 1;
    if (left === 0) return;
    if (advance(answers, walk)) heap.lower();
    else heap.remove();
  }
}

/**
 * Where a chosen candidate's pairs have been walked to. Those of one distance are a run, and within it the better ranked
 * of the rejected come first, as they do in a list of all pairs.
 */
interface Walk {
  readonly chosen: number;
  readonly rank: number;
  readonly from: number;
  rejected: number;
  distance: number;
  runBegin: number;
  runEnd: number;
}

const isBefore = (one: Walk, other: Walk): boolean =>
  one.distance === other.distance ? one.rank < other.rank : one.distance > other.distance;

/** With each candidate the nearest before it that has another answer, and the nearest behind it. */
type Answers = RankedTurn & { readonly otherBefore: readonly number[]; readonly otherBehind: readonly number[] };

function answersOf(turn: RankedTurn): Answers {
  const { answers } = turn;
  const otherBefore: number[] = [];
  for (let at = 0; at < answers.length; at++) {
    otherBefore[at] = answers[at - 1] === answers[at] ? (otherBefore[at - 1] ?? -1) : at - 1;
  }
  const otherBehind: number[] = [];
  for (let at = answers.length - 1; at >= 0; at--) {
    otherBehind[at] = answers[at + 1] === answers[at] ? (otherBehind[at + 1] ?? at + 1) : at + 1;
  }
  return { ...turn, otherBefore, otherBehind };
}

function openWalk(turn: Answers, chosen: number, from: number): Walk | undefined {
  const end = turn.ends[chosen] ?? 0;
  const walk = { chosen, rank: turn.ranks[chosen] ?? 0, from, rejected: 0, distance: 0, runBegin: end, runEnd: end };
  return openRun(turn, walk) ? walk : undefined;
}

/** Goes on to the next pair; false where there is none. */
function advance(turn: Answers, walk: Walk): boolean {
  walk.rejected = otherAnswer(turn, walk.chosen, walk.rejected + 1);
  return walk.rejected < walk.runEnd || openRun(turn, walk);
}

/** The run before the one that is over, of smaller distance. */
function openRun(turn: Answers, walk: Walk): boolean {
  const { candidates, answers } = turn;
  const { chosen, from } = walk;
  let last = walk.runBegin - 1;
  if (answers[last] === answers[chosen]) last = turn.otherBefore[last] ?? -1;
  if (last < from) return false;
  const far = (at: number): number => {
    const [one, other] = [candidates[chosen], candidates[at]];
    return one && other ? distance(one, other) : 0;
  };
  walk.distance = far(last);
  walk.runBegin = firstWhere(from, last, (at) => far(at) >= walk.distance);
  walk.runEnd = last + 1;
  walk.rejected = otherAnswer(turn, chosen, walk.runBegin);
  return true;
}

/** The place, or the next one whose answer is not the chosen candidate's. */
const otherAnswer = ({ answers, otherBehind }: Answers, chosen: number, at: number): number =>
  answers[at] === answers[chosen] ? (otherBehind[at] ?? at) : at;

/** A binary heap: the first of many, one at a time. */
function heapOf<Item>(items: Item[], isBefore: (one: Item, other: Item) => boolean) {
  const sink = (start: number): void => {
    for (let at = start; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const [one, other] = [items[child], items[least]];
        if (one !== undefined && other !== undefined && isBefore(one, other)) least = child;
      }
      const [item, other] = [items[at], items[least]];
      if (least === at || item === undefined || other === undefined) return;
      items[at] = other;
      items[least] = item;
      at = least;
    }
  };
  for (let at = items.length >>> 1; at >= 0; at--) sink(at);
  return {
    first: (): Item | undefined => items[0],
    /** The first one has changed, and may come later now. */
    lower: () => sink(0),
    /** Takes the first one out. */
    remove(): void {
      const last = items.pop();
      if (items.length === 0 || last === undefined) return;
      items[0] = last;
      sink(0);
    },
  };
}
