import type { Unit } from '../../contract/unit.ts';
import { toUtf8, type Utf8 } from '../../objects/utf8.ts';
import type { Candidate, RejectedCandidate } from '../../preferences/candidate.ts';
import {
  type EncodedPrompt,
  type EncodedResponse,
  encodeConversation,
  encodeMessage,
  encodeMessages,
  encodeTextPrompt,
  encodeTextResponse,
  encodeTools,
} from '../../preferences/encoded-text.ts';
import type { Rollout } from '../../preferences/pair-example.ts';
import type { SourceLoss } from '../../sources/source-candidate.ts';
import { takeUnit, type UnitAnswer } from '../../sources/take-unit.ts';
import type { PlacedScored } from './scored-candidate.ts';

export interface RolloutSettings {
  readonly unit: Unit;
  readonly dropTruncated: boolean;
}

/** What of a group's candidates can be paired: turn by turn, as their unit has it, and why the others cannot. */
export function makeRollouts(group: readonly PlacedScored[], settings: RolloutSettings): readonly Rollout[] {
  const rollouts = group.map(({ place }) => ({
    place,
    candidates: [] as Candidate[],
    rejected: [] as RejectedCandidate[],
    isMerged: false,
  }));
  // A record may have one prompt of megabytes for thousands of answers.
  const prompts = new Map<UnitAnswer['prompt'], EncodedPrompt>();
  const rolloutOf = new Map(group.map((scored, number) => [scored, rollouts[number]]));
  for (const turn of Map.groupBy(group, ({ candidate }) => candidate.turnId).values()) {
    const judged = settings.dropTruncated ? turn.map(withoutTruncated) : turn;
    const { answers, losses } = takeUnit(settings.unit, judged);
    for (const answer of answers) {
      const [first = 0, ...merged] = answer.from;
      const scored = turn[first];
      const prompt = prompts.get(answer.prompt) ?? encodePrompt(answer.prompt);
      prompts.set(answer.prompt, prompt);
      if (scored)
        rolloutOf
          .get(scored)
          ?.candidates.push(encodeAnswer(answer, prompt, { candidate: scored.candidate, number: first }));
      for (const other of merged) {
        const scoredAlike = turn[other];
        const rollout = scoredAlike && rolloutOf.get(scoredAlike);
        if (rollout) rollout.isMerged = true;
      }
    }
    for (const { of, loss } of losses) {
      const scored = turn[of];
      if (scored) rolloutOf.get(scored)?.rejected.push(describeLoss(scored, loss));
    }
  }
  return rollouts;
}

const withoutTruncated = (scored: PlacedScored): PlacedScored =>
  scored.candidate.loss === undefined && scored.candidate.flags.includes('truncated')
    ? { ...scored, candidate: { ...scored.candidate, loss: TRUNCATED } }
    : scored;

const TRUNCATED: SourceLoss = {
  reason: 'truncated_answer',
  detail: 'the answer was cut short, and builder.drop_truncated leaves such answers out',
};

function encodeAnswer(
  answer: UnitAnswer,
  prompt: EncodedPrompt,
  { candidate, number }: { readonly candidate: PlacedScored['candidate']; readonly number: number },
): Candidate {
  const { flags, metadata, tools, index, id } = candidate;
  return {
    turnId: answer.turnId,
    index: index ?? number,
    score: answer.score,
    prompt,
    response: encodeResponse(answer.response),
    tools: tools && encodeTools(tools),
    metadataJson: jsonOf({
      ...metadata,
      ...(flags.length > 0 && { flags }),
      ...(answer.from.length > 1 && { rollouts: answer.from.length }),
    }),
    uuid: id,
  };
}

const encodePrompt = (prompt: UnitAnswer['prompt']): EncodedPrompt =>
  typeof prompt === 'string'
    ? encodeTextPrompt(jsonOf(prompt), 'normal form')
    : encodeMessages(jsonOf(prompt), prompt, 'normal form');

function encodeResponse(response: UnitAnswer['response']): EncodedResponse {
  if (typeof response === 'string') return encodeTextResponse(jsonOf(response), 'normal form');
  return isList(response)
    ? encodeConversation(jsonOf(response), response)
    : encodeMessage(jsonOf(response), response, 'normal form');
}

const isList = (response: UnitAnswer['response']): response is Extract<UnitAnswer['response'], readonly unknown[]> =>
  Array.isArray(response);

const describeLoss = ({ candidate }: PlacedScored, { reason, detail }: SourceLoss): RejectedCandidate => ({
  reason,
  detail: candidate.at === undefined ? detail : `${detail} (at ${candidate.at})`,
  turnId: candidate.turnId,
  uuid: candidate.id,
});

const jsonOf = (value: unknown): Utf8 => toUtf8(JSON.stringify(value));
