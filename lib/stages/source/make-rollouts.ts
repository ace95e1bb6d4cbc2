import type { Unit } from '../../contract/unit.ts';
import { toUtf8 } from '../../objects/utf8.ts';
import type { Candidate, RejectedCandidate } from '../../preferences/candidate.ts';
import {
  type Comparison,
  type EncodedPrompt,
  encodePrompt,
  encodeResponse,
  encodeTools,
} from '../../preferences/encoded-text.ts';
import type { Rollout } from '../../preferences/pair-example.ts';
import { lost, type SourceLoss } from '../../sources/source-candidate.ts';
import { takeUnit, type UnitAnswer } from '../../sources/take-unit.ts';
import type { PlacedScored } from './scored-candidate.ts';

export interface RolloutSettings {
  readonly unit: Unit;
  readonly dropTruncated: boolean;
  /** Left out: by normal form. */
  readonly comparison?: Comparison;
}

/** What of a group's candidates can be paired: turn by turn, as their unit has it, and why the others cannot. */
export function makeRollouts(group: readonly PlacedScored[], settings: RolloutSettings): readonly Rollout[] {
  const { comparison = 'normal form' } = settings;
  const placed = group.map((scored) => ({ scored, rollout: openRollout(scored.place) }));
  // A record may have one prompt of megabytes for thousands of answers.
  const prompts = new Map<UnitAnswer['prompt'], EncodedPrompt>();
  for (const turn of Map.groupBy(placed, ({ scored }) => scored.candidate.turnId).values()) {
    const judged = turn.map(({ scored }) => (settings.dropTruncated ? withoutTruncated(scored) : scored));
    const { answers, losses } = takeUnit(settings.unit, judged);
    for (const answer of answers) {
      const [number = 0, ...merged] = answer.from;
      const prompt = prompts.get(answer.prompt) ?? encodePrompt(answer.prompt, comparison);
      prompts.set(answer.prompt, prompt);
      const texts = { prompt, response: encodeResponse(answer.response, comparison) };
      const first = turn[number];
      first?.rollout.candidates.push(encodeAnswer(answer, texts, { candidate: first.scored.candidate, number }));
      for (const other of merged) {
        const rollout = turn[other]?.rollout;
        if (rollout) rollout.isMerged = true;
      }
    }
    for (const { of, loss } of losses) {
      const one = turn[of];
      one?.rollout.rejected.push(describeLoss(one.scored, loss));
    }
  }
  return placed.map(({ rollout }) => rollout);
}

const openRollout = (place: PlacedScored['place']) => ({
  place,
  candidates: [] as Candidate[],
  rejected: [] as RejectedCandidate[],
  isMerged: false,
});

const withoutTruncated = (scored: PlacedScored): PlacedScored =>
  scored.candidate.loss === undefined && scored.candidate.flags.includes('truncated')
    ? { ...scored, candidate: { ...scored.candidate, loss: TRUNCATED } }
    : scored;

const TRUNCATED = lost(
  'truncated_answer',
  'the answer was cut short, and builder.drop_truncated leaves such answers out',
);

function encodeAnswer(
  answer: UnitAnswer,
  texts: Pick<Candidate, 'prompt' | 'response'>,
  { candidate, number }: { readonly candidate: PlacedScored['candidate']; readonly number: number },
): Candidate {
  const { flags, metadata, tools, index, id } = candidate;
  return {
    turnId: answer.turnId,
    index: index ?? number,
    score: answer.score,
    ...texts,
    tools: tools && encodeTools(tools),
    metadataJson: toUtf8(
      JSON.stringify({
        ...metadata,
        ...(flags.length > 0 && { flags }),
        ...(answer.from.length > 1 && { rollouts: answer.from.length }),
      }),
    ),
    uuid: id,
  };
}

const describeLoss = ({ candidate }: PlacedScored, { reason, detail }: SourceLoss): RejectedCandidate => ({
  reason,
  detail: candidate.at === undefined ? detail : `${detail} (at ${candidate.at})`,
  turnId: candidate.turnId,
  uuid: candidate.id,
});
