import type { ScoreChoice } from '../contract/score-choice.ts';
import { InvalidRequest } from '../errors.ts';
import { parsePointer, reach } from './json-pointer.ts';
import { readScore } from './read-score.ts';
import { lost, type SourceCandidate, type SourceScore } from './source-candidate.ts';
import type { SourceFormat } from './source-format.ts';

/**
 * What a run takes for the score: what the request asks for, else the format's default, else the one score that there is.
 * `found` are the names of scores that the first records have.
 */
export function chooseScore(
  asked: ScoreChoice | undefined,
  format: Pick<SourceFormat, 'name' | 'defaultScore'>,
  found: readonly string[],
): ScoreChoice {
  if (asked !== undefined) {
    const unknown = namesIn(asked).filter((name) => !isPointer(name) && !found.includes(name));
    if (unknown.length > 0 && found.length > 0) {
      const wrong = `No candidate has a score named ${quote(unknown)} (source.score).`;
      throw new InvalidRequest(`${wrong} ${thereIs(found)}`, { inLogs: `${wrong} ${inspect(found)}` });
    }
    return asked;
  }
  const score = findDefaultScore(format, found);
  if (score !== undefined) return score;
  const { name, defaultScore } = format;
  const wrong =
    defaultScore === undefined
      ? `${name} has no default score: name the one to compare answers by`
      : `No candidate has the score "${defaultScore}", the default of ${name}: name another`;
  throw new InvalidRequest(`${wrong}, ${inRequest(found)}. ${thereIs(found)}`, {
    inLogs: `${wrong}, in source.score. ${inspect(found)}`,
  });
}

/** Where the request names none: the format's default, else the one score that there is. */
export function findDefaultScore(
  { defaultScore }: Pick<SourceFormat, 'defaultScore'>,
  found: readonly string[],
): string | undefined {
  if (defaultScore !== undefined && (found.length === 0 || found.includes(defaultScore))) return defaultScore;
  const [only, ...others] = found;
  return others.length === 0 ? only : undefined;
}

/** The candidate's score: one of its own, or the sum of several by their weights, which is missing where one of them is. */
export function pickScore(candidate: SourceCandidate, choice: ScoreChoice): SourceScore {
  if (typeof choice === 'string') return readNamed(candidate, choice);
  let sum = 0;
  for (const [name, weight] of Object.entries(choice)) {
    const score = readNamed(candidate, name);
    if ('loss' in score) return score;
    sum += weight * score.value;
  }
  return Number.isFinite(sum)
    ? { value: sum }
    : { loss: lost('score_not_finite', 'the weighted sum of its scores is not a finite number') };
}

function readNamed({ scores, record }: SourceCandidate, name: string): SourceScore {
  if (isPointer(name)) {
    const reached = reach(record, parsePointer(name));
    return readScore('value' in reached ? reached.value : undefined, `the value at ${name}`);
  }
  const score = Object.hasOwn(scores, name) ? scores[name] : undefined;
  return score ?? { loss: lost('missing_score', `it has no score named ${name}`) };
}

const isPointer = (name: string): boolean => name.startsWith('/');

const namesIn = (choice: ScoreChoice): readonly string[] =>
  typeof choice === 'string' ? [choice] : Object.keys(choice);

const inRequest = ([first]: readonly string[]): string =>
  first === undefined ? 'in source.score' : `as in --set source.score=${first}`;

const thereIs = (found: readonly string[]): string =>
  found.length === 0 ? 'The first records have none.' : `The first records have ${quote(found)}.`;

/** In place of names that the input gives. */
const inspect = (found: readonly string[]): string =>
  found.length === 0 ? thereIs(found) : `dpo inspect shows the ${found.length} that the first records have.`;

const quote = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
