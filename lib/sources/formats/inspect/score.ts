import { isNumber, isObject, toDouble } from '../../json/exact-json.ts';
import { kindOf } from '../../json/kind-of.ts';
import { lost, type SourceScore } from '../../source-candidate.ts';
import { laxFloat } from '../nat/lax.ts';

/** By the scorer's name; of a scorer that gives several values, by `<scorer>.<key>`. */
export function readScores(found: unknown): Readonly<Record<string, SourceScore>> {
  const scorers = isObject(found) ? Object.entries(found) : [];
  const scores = scorers.flatMap(([name, score]): (readonly [string, SourceScore])[] => {
    const value = isObject(score) ? score.value : score;
    return isObject(value)
      ? Object.entries(value).map(([key, part]) => [`${name}.${key}`, readValue(part, `${name}.${key}`)] as const)
      : [[name, readValue(value, name)]];
  });
  return Object.fromEntries(scores);
}

/** As the library's own metrics see a value; what they take for 0 with a warning is no score here. */
function readValue(value: unknown, name: string): SourceScore {
  // NaN stands for "unscored", and is null once it is parsed.
  if (value === null || (isNumber(value) && !Number.isFinite(toDouble(value)))) {
    return { loss: lost('unscored', `${name} is NaN`) };
  }
  if (typeof value === 'boolean') return { value: Number(value) };
  const word = typeof value === 'string' ? (GRADES.get(value) ?? GRADES.get(value.toLowerCase().trim())) : undefined;
  const number = word ?? laxFloat(value);
  return number !== undefined && Number.isFinite(number)
    ? { value: number }
    : { loss: lost('invalid_score', `${name} is ${kindOf(value)}; it must be a number or a grade`) };
}

/** Grades are capital letters: in small ones they are words of a task. */
const GRADES: ReadonlyMap<string, number> = new Map([
  ['C', 1],
  ['P', 0.5],
  ['I', 0],
  ['N', 0],
  ['yes', 1],
  ['true', 1],
  ['no', 0],
  ['false', 0],
]);
