import { expect } from 'vitest';
import type { Group, Trajectory } from '../../lib/contract/trajectory.ts';
import {
  type Expected,
  type ExpectedCandidate,
  type ExpectedGroup,
  normalForm,
  sorted,
  type Unit,
} from './formats/expected.ts';

/*
 * Holds the pairs of a whole run to the right result of a sample: what each pair says (prompt, answers, scores, tools) and
 * which candidates it is made of.
 */

export interface View {
  readonly score: string;
  readonly unit: Unit;
}

/**
 * The collection has exactly the pairs of the view. `nameOf` is the expected name of the record at a place of the lineage,
 * where the candidates have no ids of their own.
 */
export function expectPairs(
  groups: readonly Group[],
  expected: Expected,
  { score, unit }: View,
  nameOf?: (trajectory: Trajectory) => string,
): void {
  const wanted = wantedPairs(expected, { score, unit });
  const found = groups.flatMap(({ trajectories }) => trajectories);
  const nameWanted = ({ chosen, rejected }: WantedPair) => (nameOf ? chosen : `${chosen} over ${rejected}`);
  const nameFound = (one: Trajectory) => {
    const { chosen_uuid, rejected_uuid } = one.metadata.lineage;
    return nameOf ? nameOf(one) : `${chosen_uuid} over ${rejected_uuid}`;
  };
  const difference = subtract(
    found.map((one) => `${nameFound(one)}: ${writePair(one)}`),
    wanted.map((one) => `${nameWanted(one)}: ${one.text}`),
  );
  expect({ score, unit, ...difference }).toEqual({ score, unit, additional: [], missing: [] });
}

/** Of two lists in any order what only one of them has; a text that comes twice is there twice. */
function subtract(found: readonly string[], wanted: readonly string[]) {
  const counts = new Map<string, number>();
  for (const one of found) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const one of wanted) counts.set(one, (counts.get(one) ?? 0) - 1);
  const repeated = (times: (count: number) => number) =>
    [...counts].flatMap(([text, count]) => Array<string>(Math.max(times(count), 0)).fill(text));
  return { additional: repeated((count) => count), missing: repeated((count) => -count) };
}

/** What a pair says, in a form in which equal pairs are equal text. */
export function writePair({ episode: [{ prompt, chosen_response, rejected_response }], metadata }: Trajectory): string {
  return JSON.stringify(
    sorted({
      prompt: normalForm(prompt),
      chosen: answerForm(chosen_response),
      rejected: answerForm(rejected_response),
      scores: [metadata.chosen_score, metadata.rejected_score],
      tools: toolNames(metadata.tools),
    }),
  );
}

interface WantedPair {
  readonly chosen: string;
  readonly rejected: string;
  readonly text: string;
}

function wantedPairs(expected: Expected, { score, unit }: View): readonly WantedPair[] {
  const places = new Map(
    expected.groups.flatMap((group) => {
      const promptOf = promptsOf(group, unit);
      return group.candidates.map((candidate) => [candidate.id, { group, candidate, promptOf }] as const);
    }),
  );
  return (expected.views[score]?.[unit].pairs ?? []).map(({ chosen, rejected }) => {
    const [one, other] = [places.get(chosen), places.get(rejected)];
    if (!one || !other) throw new RangeError(`the sample has no candidate ${chosen} or ${rejected}`);
    const { candidate, group, promptOf } = one;
    return {
      chosen,
      rejected,
      text: JSON.stringify(
        sorted({
          prompt: normalForm(promptOf(candidate)),
          chosen: answerOf(candidate, unit),
          rejected: answerOf(other.candidate, unit),
          scores: [candidate.scores[score], other.candidate.scores[score]],
          tools: toolNames((candidate.tools === undefined ? group.tools : candidate.tools) ?? undefined),
        }),
      ),
    };
  });
}

type Messages = string | readonly Readonly<Record<string, unknown>>[];

/** `final`: all that the answer follows, where the usable candidates of the group share that. */
function promptsOf(group: ExpectedGroup, unit: Unit): (candidate: ExpectedCandidate) => Messages {
  const initial = (candidate: ExpectedCandidate): Messages => candidate.prompt ?? group.prompt;
  const beginning = (candidate: ExpectedCandidate): Messages => {
    const prompt = initial(candidate);
    return typeof prompt === 'string' ? prompt : [...prompt, ...candidate.trajectory.slice(0, -1)];
  };
  const answered = group.candidates.filter(({ reason, final }) => reason === null && final !== null);
  const beginnings = new Set(answered.map((candidate) => JSON.stringify(normalForm(beginning(candidate)))));
  return unit === 'final' && beginnings.size === 1 ? beginning : initial;
}

const answerOf = ({ final, trajectory }: ExpectedCandidate, unit: Unit): unknown =>
  unit === 'final' ? answerForm(final ?? '') : normalForm(trajectory);

const answerForm = (answer: Trajectory['episode'][0]['chosen_response']): unknown =>
  normalForm(typeof answer === 'string' ? [{ role: 'assistant', content: answer }] : [answer].flat());

/** A tool of one name is one tool in all samples. */
const toolNames = (tools: readonly unknown[] | undefined): readonly unknown[] =>
  (tools ?? []).map((tool) => Object(Object(tool).function).name).toSorted();
