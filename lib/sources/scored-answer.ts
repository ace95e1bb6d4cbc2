import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8 } from '../objects/utf8.ts';
import type { Candidate, RejectedCandidate } from '../preferences/candidate.ts';
import { laxFloat, laxInt } from './formats/nat/lax.ts';
import {
  encodeNatPrompt,
  encodeNatResponse,
  encodeStrictPrompt,
  encodeStrictResponse,
} from './formats/nat/text-form.ts';
import { isObject } from './json/exact-json.ts';
import { kindOf } from './json/kind-of.ts';
import { lost, type SourceLoss } from './source-candidate.ts';

/** The members of an answer as a record has them, unread. */
export type ScoredAnswer = Readonly<
  Record<'turnId' | 'turnIndex' | 'index' | 'score' | 'prompt' | 'response' | 'metadata' | 'uuid', unknown>
>;

type Read<T> = { readonly value: T } | SourceLoss;

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
  const reject = (loss: SourceLoss) => ({ rejected: { ...loss, turnId, uuid } });
  const failed = whyWrongTurn(answer);
  if (failed) return reject(failed);
  const index = readIndex(answer.index);
  if (!('value' in index)) return reject(index);
  const score = readScore(answer.score, compatibility);
  if (!('value' in score)) return reject(score);
  if (turnId === null) return reject(lost('missing_turn_id', 'turn_id is null or missing'));
  const { prompt, response } = encodeTexts(answer, compatibility);
  // An answer may be empty because its prompt was: the answer's own reason says less.
  if ('reason' in prompt) return reject(lost(prompt.reason, `${names.prompt} is ${prompt.found}`));
  if ('reason' in response) return reject(lost(response.reason, `${names.response} is ${response.found}`));
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

const whyWrongTurn = ({ turnId, turnIndex }: ScoredAnswer): SourceLoss | undefined => {
  if (turnId !== undefined && turnId !== null && typeof turnId !== 'string') {
    return lost('invalid_turn_id', `turn_id is ${kindOf(turnId)}; it must be text`);
  }
  if (turnIndex !== undefined && turnIndex !== null && laxInt(turnIndex) === undefined) {
    return lost('invalid_turn_index', `turn_index is ${kindOf(turnIndex)} that is not an integer`);
  }
  return undefined;
};

/** Null is 0, as in NAT. */
const readIndex = (found: unknown): Read<number> => {
  if (found === undefined || found === null) return { value: 0 };
  const value = laxInt(found);
  if (value === undefined) {
    return lost('invalid_candidate_index', `candidate_index is ${kindOf(found)} that is not an integer`);
  }
  // An integer can be larger than any double, and JSON has no infinity.
  return { value: Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)) };
};

/** Strict takes numbers and numeric text; NAT takes what pydantic's lax mode takes, `true` included. */
const readScore = (found: unknown, compatibility: BuilderSettings['compatibility']): Read<number> => {
  if (found === undefined || found === null) return lost('missing_score', `score is ${kindOf(found)}`);
  const value = compatibility === 'strict' && typeof found === 'boolean' ? undefined : laxFloat(found);
  if (value === undefined) {
    return lost('invalid_score', `score is ${kindOf(found)}; it must be a number or numeric text`);
  }
  return Number.isFinite(value) ? { value } : lost('score_not_finite', 'score is not a finite number');
};
