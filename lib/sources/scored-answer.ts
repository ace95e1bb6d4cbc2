import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8 } from '../objects/utf8.ts';
import type { Candidate, RejectedCandidate } from '../preferences/candidate.ts';
import { laxFloat, laxInt } from './formats/nat/lax.ts';
import {
  encodeNatPrompt,
  encodeNatResponse,
  encodeStrictPrompt,
  encodeStrictResponse,
  type Unusable,
} from './formats/nat/text-form.ts';
import { isObject } from './json/exact-json.ts';
import { kindOf } from './json/kind-of.ts';

/** The members of an answer as a record has them, unread. */
export interface ScoredAnswer {
  readonly turnId: unknown;
  readonly turnIndex: unknown;
  readonly index: unknown;
  readonly score: unknown;
  readonly prompt: unknown;
  readonly response: unknown;
  readonly metadata: unknown;
  readonly uuid: unknown;
}

export type AnswerReason =
  | 'missing_turn_id'
  | 'invalid_turn_id'
  | 'invalid_turn_index'
  | 'invalid_candidate_index'
  | 'missing_score'
  | 'invalid_score'
  | 'score_not_finite'
  | Unusable['reason'];

type Read<T> = { readonly value: T } | { readonly reason: AnswerReason; readonly detail: string };

/**
 * Reads a scored answer. NAT drops what it can't read with a log line; here both compatibilities give the reason. A score
 * that is not finite is refused in both: JSON can't hold what NAT would make of it. `names`: what the source calls prompt and
 * response.
 */
export function readScoredAnswer(
  answer: ScoredAnswer,
  compatibility: BuilderSettings['compatibility'],
  names: { readonly prompt: string; readonly response: string },
): Candidate | { readonly rejected: RejectedCandidate } {
  const uuid = typeof answer.uuid === 'string' ? answer.uuid : null;
  const turnId = typeof answer.turnId === 'string' ? answer.turnId : null;
  const reject = ({ reason, detail }: { reason: AnswerReason; detail: string }) => ({
    rejected: { reason, detail, turnId, uuid },
  });
  const failed = whyWrongTurn(answer);
  if (failed) return reject(failed);
  const index = readIndex(answer.index);
  if (!('value' in index)) return reject(index);
  const score = readScore(answer.score, compatibility);
  if (!('value' in score)) return reject(score);
  if (turnId === null) return reject({ reason: 'missing_turn_id', detail: 'turn_id is null or missing' });
  const { prompt, response } = encodeTexts(answer, compatibility);
  // An answer may be empty because its prompt was: the answer's own reason says less.
  if ('reason' in prompt) return reject({ reason: prompt.reason, detail: `${names.prompt} is ${prompt.found}` });
  if ('reason' in response)
    return reject({ reason: response.reason, detail: `${names.response} is ${response.found}` });
  return {
    turnId,
    index: index.value,
    score: score.value,
    prompt,
    response,
    metadataJson: toUtf8(isObject(answer.metadata) ? JSON.stringify(answer.metadata) : '{}'),
    uuid,
  };
}

function encodeTexts(
  { prompt: input, response: output }: ScoredAnswer,
  compatibility: BuilderSettings['compatibility'],
) {
  if (compatibility === 'nat') return { prompt: encodeNatPrompt(input), response: encodeNatResponse(output) };
  const prompt = encodeStrictPrompt(input);
  const isAskedInText = 'json' in prompt && prompt.json.startsWith('"');
  return { prompt, response: encodeStrictResponse(output, isAskedInText) };
}

const whyWrongTurn = ({ turnId, turnIndex }: ScoredAnswer): { reason: AnswerReason; detail: string } | undefined => {
  if (turnId !== undefined && turnId !== null && typeof turnId !== 'string') {
    return { reason: 'invalid_turn_id', detail: `turn_id is ${kindOf(turnId)}; it must be text` };
  }
  if (turnIndex !== undefined && turnIndex !== null && laxInt(turnIndex) === undefined) {
    return { reason: 'invalid_turn_index', detail: `turn_index is ${kindOf(turnIndex)} that is not an integer` };
  }
  return undefined;
};

/** Null is 0, as in NAT. */
const readIndex = (found: unknown): Read<number> => {
  if (found === undefined || found === null) return { value: 0 };
  const value = laxInt(found);
  if (value === undefined) {
    return { reason: 'invalid_candidate_index', detail: `candidate_index is ${kindOf(found)} that is not an integer` };
  }
  // An integer can be larger than any double, and JSON has no infinity.
  return { value: Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)) };
};

/** Strict takes numbers and numeric text; NAT takes what pydantic's lax mode takes, `true` included. */
const readScore = (found: unknown, compatibility: BuilderSettings['compatibility']): Read<number> => {
  if (found === undefined || found === null) return { reason: 'missing_score', detail: `score is ${kindOf(found)}` };
  const value = compatibility === 'strict' && typeof found === 'boolean' ? undefined : laxFloat(found);
  if (value === undefined) {
    return { reason: 'invalid_score', detail: `score is ${kindOf(found)}; it must be a number or numeric text` };
  }
  if (!Number.isFinite(value)) return { reason: 'score_not_finite', detail: 'score is not a finite number' };
  return { value };
};
