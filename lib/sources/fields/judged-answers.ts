import type { JsonPointer } from '../json-pointer.ts';
import { readScore } from '../read-score.ts';
import { lost, type SourceScore } from '../source-candidate.ts';
import type { Answers } from './answer.ts';
import { type Answered, readAlike, readAnswered } from './read-answer.ts';
import { type AnswerScores, lastKey, readScoresBeside } from './read-score-columns.ts';
import { readWinner, type Verdict } from './read-winner.ts';
import { blockedIn, type Row, valueIn } from './row.ts';

/** A row that is a pair already. */
export const readPair = (row: Row): Answers => {
  const { chosen, rejected } = row.places;
  return readAnswers(row, [chosen, rejected], judge(row, { winner: 0 }));
};

/** A row with a pointer for each of its answers: two of which one was judged better, or any number that have scores. */
export function readBeside(row: Row, pointers: readonly JsonPointer[]): Answers {
  const { scoresBeside } = row.places;
  const alternatives = pointers.map((pointer) => [pointer]);
  const [first, second, ...others] = pointers;
  if (row.places.winner.length > 0 && first !== undefined && second !== undefined && others.length === 0) {
    return readAnswers(row, alternatives, judge(row, readVerdict(row, [lastKey(first), lastKey(second)])));
  }
  const scores = scoresBeside.find((places) => places.length === pointers.length);
  return readAnswers(row, alternatives, scores ? readScoresBeside(row, scores) : []);
}

function readVerdict(row: Row, names: readonly [string, string]): Verdict {
  const { winner } = row.places;
  const judgement = winner.find(({ at }) => 'value' in row.find([at])) ?? winner[0];
  const reached = row.find(judgement ? [judgement.at] : []);
  const blocked = blockedIn('winner', reached);
  if (blocked) return { loss: blocked };
  return readWinner(valueIn(reached), names, {
    signed: judgement !== undefined && (row.rules.signedWinners ?? []).includes(judgement.at),
    ...(judgement?.values && { values: judgement.values }),
  });
}

/** The winner scores 1 and the loser 0, or as much as the winner was preferred by. What else they scored has a name of its own. */
function judge(row: Row, verdict: Verdict): AnswerScores {
  const stated = row.places.scoresBeside.find((places) => places.length === 2);
  const further = stated ? readScoresBeside(row, stated) : [];
  const won = 'winner' in verdict ? readStrength(row, verdict.strength) : undefined;
  const scoreOf = (side: number): SourceScore => {
    if ('loss' in verdict) return verdict;
    if (won && 'loss' in won) return won;
    return won && 'winner' in verdict && verdict.winner === side ? won : { value: 0 };
  };
  return [0, 1].map((side) => ({ preference: scoreOf(side), ...further[side] }));
}

function readStrength(row: Row, judged: number | undefined): SourceScore {
  const { score } = row.places;
  const reached = row.find(score);
  const blocked = blockedIn('score', reached);
  if (blocked) return { loss: blocked };
  if (score.length === 0 || ('missing' in reached && row.rules.customary?.has('score'))) return { value: judged ?? 1 };
  const strength = readScore('value' in reached ? reached.value : undefined, 'the strength of the preference');
  if ('loss' in strength || strength.value >= 0) return strength;
  return { loss: lost('negative_strength', 'the strength of the preference is negative') };
}

function readAnswers(row: Row, alternatives: readonly (readonly JsonPointer[])[], scores: AnswerScores): Answers {
  const values = alternatives.map((pointers) => row.unwrap(valueIn(row.find(pointers))));
  const missing = values.indexOf(undefined);
  if (missing !== -1) {
    return { rejected: lost('missing_response', `there is nothing at ${alternatives[missing]?.join(' or ')}`) };
  }
  return {
    answers: readConversations(row, values).map((answered, side) => ({
      answered,
      scores: scores[side] ?? {},
      at: [lastKey(alternatives[side]?.[0] ?? '')],
      record: undefined,
    })),
  };
}

function readConversations(row: Row, values: readonly unknown[]): readonly Answered[] {
  const asked = row.readAsked();
  return asked ? values.map((value) => readAnswered(asked, value)) : readAlike(values);
}
