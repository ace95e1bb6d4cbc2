import type { ScoreChoice } from '../../contract/score-choice.ts';
import type { CandidatePlace } from '../../preferences/candidate-place.ts';
import { combineDigests, digestText } from '../../preferences/digest.ts';
import { digestPrompt, digestTools } from '../../preferences/normal-form.ts';
import { pickScore } from '../../sources/pick-score.ts';
import type { SourceCandidate, SourceScore } from '../../sources/source-candidate.ts';
import type { RecordPlace } from '../../sources/source-format.ts';

/** A candidate with the score that the run compares by. */
export interface PlacedScored {
  readonly place: CandidatePlace;
  readonly candidate: Omit<SourceCandidate, 'scores' | 'record'>;
  readonly score: SourceScore;
}

/** Picks the score; the others, and the record, are not needed any more. */
export function scoreCandidate(place: RecordPlace, candidate: SourceCandidate, choice: ScoreChoice): PlacedScored {
  const { scores: _, record: __, ...kept } = candidate;
  return { place: toPlace(place), candidate: kept, score: pickScore(candidate, choice) };
}

export const toPlace = ({ key, offset, row }: RecordPlace): CandidatePlace =>
  row === undefined ? { key, offset } : { key, row };

/**
 * What the candidates of a group share: the source's own key, else the prompt and the tools. Then the example is named
 * after the prompt.
 */
export function identifyGroup({
  candidate,
}: {
  readonly candidate: Pick<SourceCandidate, 'group' | 'conversation' | 'tools'>;
}) {
  const { group, conversation, tools } = candidate;
  if (group !== undefined) return { digest: digestText(group), exampleId: group };
  const { prompt } = conversation;
  const ofPrompt = digestPrompt(typeof prompt === 'string' ? prompt : [...prompt]);
  const exampleId = Buffer.from(ofPrompt.slice(0, 8), 'latin1').toString('hex');
  return { digest: tools && tools.length > 0 ? combineDigests(0, ofPrompt, digestTools(tools)) : ofPrompt, exampleId };
}

/** Names a group's example, after one that could be read where there is one: another has no prompt. */
export const nameExample = (first: PlacedScored, others: readonly PlacedScored[]): string =>
  identifyGroup([first, ...others].find(({ candidate }) => candidate.loss === undefined) ?? first).exampleId;

/** Its prompt has its chat template in it already. */
export const isRendered = ({ candidate: { conversation } }: PlacedScored): boolean =>
  conversation.kind !== 'messages' && conversation.rendered;
