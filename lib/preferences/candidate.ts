import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8, type Utf8 } from '../objects/utf8.ts';
import { laxFloat, laxInt } from '../sources/formats/nat/lax.ts';
import { kindOf } from '../sources/formats/nat/trace-item.ts';
import { isObject, isRawNumber, type JsonObject } from '../sources/json/exact-json.ts';
import { WrittenText } from '../sources/json/written-text.ts';
import { natPrompt, natResponse, strictPrompt, strictResponse } from './text-form.ts';

/** One scored answer of a turn. Texts are kept as the JSON they are written as: equal JSON is equal text. */
export interface Candidate {
  readonly turnId: string;
  readonly index: number;
  /** Finite. */
  readonly score: number;
  readonly promptJson: Utf8;
  readonly responseJson: Utf8;
  /** An object. */
  readonly metadataJson: Utf8;
  readonly uuid: string | null;
  /** Byte offset of the candidate's trace item. */
  readonly offset: number;
}

export interface CandidateRejection {
  readonly reason: CandidateReason;
  /** The kind of value found, never its text. */
  readonly detail: string;
  readonly turnId: string | null;
  readonly uuid: string | null;
}

export type CandidateReason =
  | 'missing_data'
  | 'missing_turn_id'
  | 'invalid_turn_id'
  | 'invalid_turn_index'
  | 'invalid_candidate_index'
  | 'missing_score'
  | 'invalid_score'
  | 'score_not_finite'
  | 'empty_response'
  | 'too_deep';

type Read<T> = { readonly value: T } | { readonly reason: CandidateReason; readonly detail: string };

/**
 * Reads a candidate step's payload. NAT drops a step it can't read with a log line; here both compatibilities give the
 * reason. A score that is not finite is refused in both: JSON can't hold what NAT would make of it.
 */
export function readCandidate(
  payload: JsonObject,
  compatibility: BuilderSettings['compatibility'],
  offset: number,
): Candidate | { readonly rejected: CandidateRejection } {
  const uuid = typeof payload.UUID === 'string' ? payload.UUID : null;
  const data = payload.data;
  const turnId = isObject(data) && typeof data.turn_id === 'string' ? data.turn_id : null;
  const reject = ({ reason, detail }: { reason: CandidateReason; detail: string }) => ({
    rejected: { reason, detail, turnId, uuid },
  });
  if (!isObject(data)) return reject({ reason: 'missing_data', detail: `data is ${kindOf(data)}, not an object` });
  const failed = wrongTurn(data);
  if (failed) return reject(failed);
  const index = readIndex(data.candidate_index);
  if (!('value' in index)) return reject(index);
  const score = readScore(data.score, compatibility);
  if (!('value' in score)) return reject(score);
  if (turnId === null) return reject({ reason: 'missing_turn_id', detail: 'turn_id is null or missing' });
  const [promptJson, responseJson] =
    compatibility === 'nat'
      ? [natPrompt(data.input), natResponse(data.output)]
      : [strictPrompt(data.input), strictResponse(data.output)];
  if (responseJson === undefined)
    return reject({ reason: 'empty_response', detail: `output is ${emptyKind(data.output)}` });
  const metadataJson = toUtf8(isObject(payload.metadata) ? JSON.stringify(payload.metadata) : '{}');
  return { turnId, index: index.value, score: score.value, promptJson, responseJson, metadataJson, uuid, offset };
}

const wrongTurn = (data: JsonObject): { reason: CandidateReason; detail: string } | undefined => {
  if (data.turn_id !== undefined && data.turn_id !== null && typeof data.turn_id !== 'string') {
    return { reason: 'invalid_turn_id', detail: `turn_id is ${kindOf(data.turn_id)}; it must be text` };
  }
  if (data.turn_index !== undefined && data.turn_index !== null && laxInt(data.turn_index) === undefined) {
    return { reason: 'invalid_turn_index', detail: `turn_index is ${kindOf(data.turn_index)}; it must be an integer` };
  }
  return undefined;
};

/** Null is 0, as in NAT. */
const readIndex = (found: unknown): Read<number> => {
  if (found === undefined || found === null) return { value: 0 };
  const value = laxInt(found);
  if (value === undefined) {
    return { reason: 'invalid_candidate_index', detail: `candidate_index is ${kindOf(found)}; it must be an integer` };
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

const emptyKind = (found: unknown): string => {
  const output = found instanceof WrittenText ? found.toJSON() : found;
  if (typeof output === 'string') return output === '' ? 'empty text' : 'white space only';
  if (isRawNumber(output) || !output) return kindOf(output);
  return `${kindOf(output)} without content`;
};
