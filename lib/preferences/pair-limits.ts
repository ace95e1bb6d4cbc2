import type { Limits } from '../contract/request.ts';
import type { Candidate } from './candidate.ts';
import type { PreferencePair } from './pairs.ts';

/** What one turn, and one example, may make of pairs. */
export type PairLimits = Pick<Limits, 'max_turn_pairs' | 'max_turn_bytes' | 'max_example_pairs' | 'max_example_bytes'>;

/** Why an example is not paired. */
export interface TooManyPairs {
  readonly reason: 'too_many_pairs';
  readonly detail: string;
}

/** By how many pairs each turn makes. */
export function refusePairs(turns: readonly number[], limits: PairLimits): TooManyPairs | undefined {
  const most = turns.reduce((so_far, pairs) => Math.max(so_far, pairs), 0);
  if (most > limits.max_turn_pairs) return passes('a turn of it', `${most} pairs`, ['max_turn_pairs', limits]);
  const all = turns.reduce((sum, pairs) => sum + pairs, 0);
  if (all > limits.max_example_pairs) return passes('it', `${all} pairs`, ['max_example_pairs', limits]);
  return undefined;
}

/** By the bytes that each turn's pairs take in the example's line. */
export function refuseBytes(
  { exampleId, turns }: { readonly exampleId: string; readonly turns: readonly (readonly PreferencePair[])[] },
  limits: PairLimits,
): TooManyPairs | undefined {
  let all = mostBytes(exampleId);
  for (const pairs of turns) {
    const bytes = bytesOf(pairs, mostBytes(exampleId));
    if (bytes > limits.max_turn_bytes)
      return passes('a turn of it', `pairs of ${bytes} bytes`, ['max_turn_bytes', limits]);
    all += bytes;
  }
  if (all <= limits.max_example_bytes) return undefined;
  return passes('it', `pairs of ${all} bytes`, ['max_example_bytes', limits]);
}

const passes = (
  what: string,
  makes: string,
  [limit, limits]: readonly [keyof PairLimits, PairLimits],
): TooManyPairs => ({
  reason: 'too_many_pairs',
  detail: `${what} makes ${makes}, more than limits.${limit} (${limits[limit]}): keep the widest with builder.max_pairs_per_turn, or set builder.exhaustive_pairs to false, or raise the limit`,
});

/** At most so many, as trajectory-text.ts writes them: of a candidate all that is the input's is measured once. */
function bytesOf(pairs: readonly PreferencePair[], inEach: number): number {
  const [asChosen, asRejected] = [new Map<Candidate, number>(), new Map<Candidate, number>()];
  let sum = 0;
  for (const { chosen, rejected } of pairs) {
    let [one, other] = [asChosen.get(chosen), asRejected.get(rejected)];
    if (one === undefined) {
      one =
        AROUND +
        inEach +
        chosen.prompt.json.length +
        (chosen.tools?.json.length ?? 0) +
        mostBytes(chosen.turnId) +
        mostBytes(chosen.place.key) +
        answerBytes(chosen);
      asChosen.set(chosen, one);
    }
    if (other === undefined) {
      other = answerBytes(rejected);
      asRejected.set(rejected, other);
    }
    sum += one + other;
  }
  return sum;
}

const answerBytes = ({ response, metadataJson, uuid }: Candidate): number =>
  response.json.length + metadataJson.length + mostBytes(uuid ?? '');

/** Of a trajectory: its keys, and its numbers where each has all the digits that it can have. */
const AROUND = 520;

/** Of a text's JSON: a UTF-16 unit is at most `\u0000`. */
const mostBytes = (text: string): number => 6 * text.length;
