import type { Message, Response } from '../contract/trajectory.ts';
import type { Unit } from '../contract/unit.ts';
import { normalizeMessages } from '../preferences/normal-form.ts';
import { callsTool, finalAnswer, saysSomething } from './conversation.ts';
import { findDivergences } from './find-divergences.ts';
import { isBlank } from './json/blank-text.ts';
import type { Conversation, SourceCandidate, SourceLoss, SourceScore } from './source-candidate.ts';

export interface ScoredCandidate {
  readonly candidate: Pick<SourceCandidate, 'turnId' | 'conversation' | 'tools' | 'loss'>;
  readonly score: SourceScore;
}

/** One side of the pairs of a turn. */
export interface UnitAnswer {
  readonly turnId: string;
  /** A list that answers share is not copied. */
  readonly prompt: string | readonly Message[];
  /** A list of messages for `trajectory`. */
  readonly response: Response | readonly Message[];
  readonly score: number;
  /** Whose answer it is, as indices of the candidates given: one, but for `divergence`. */
  readonly from: readonly number[];
}

export interface UnitReading {
  readonly answers: readonly UnitAnswer[];
  /** Candidates that are on no side, each once. `of` is the candidate's index. */
  readonly losses: readonly { readonly of: number; readonly loss: SourceLoss }[];
}

/** Prompt and answer of each candidate of a turn. They depend on the others: all candidates of the turn are needed. */
export function takeUnit(unit: Unit, turn: readonly ScoredCandidate[]): UnitReading {
  const losses: UnitReading['losses'][number][] = [];
  const answers: UnitAnswer[] = [];
  for (const [of, side] of readSides(unit, turn).entries()) {
    const scored = turn[of];
    if (!scored) continue;
    const { candidate, score } = scored;
    if ('loss' in side) losses.push({ of, loss: side.loss });
    else if ('loss' in score) losses.push({ of, loss: score.loss });
    else answers.push({ turnId: candidate.turnId, ...side, score: score.value, from: [of] });
  }
  const toolsOf = (index: number) => turn[index]?.candidate.tools;
  return { answers: unit === 'divergence' ? findDivergences(answers, toolsOf) : answers, losses };
}

/** Conversations that a unit cuts. */
type Cut = Exclude<Conversation, { kind: 'answer' }>;
type Side = Pick<UnitAnswer, 'prompt' | 'response'>;
type Lost = { readonly loss: SourceLoss };

function readSides(unit: Unit, turn: readonly ScoredCandidate[]): readonly (Side | Lost)[] {
  const read = <Read>(readSide: (conversation: Cut) => Read): readonly (Read | Side | Lost)[] =>
    turn.map(({ candidate: { loss, conversation } }) => {
      if (loss) return { loss };
      if (conversation.kind !== 'answer') return readSide(conversation);
      const { prompt, response } = conversation;
      return { prompt, response };
    });
  if (unit === 'turn') return read(readTurn);
  if (unit === 'final') return shareBeginning(read(readFinal));
  return read(readTrajectory);
}

/** A conversation of one message is a single answer, a call of a tool too. */
function readTurn(conversation: Cut): Side | Lost {
  if (conversation.kind === 'text') return readText(conversation);
  const [message, ...others] = conversation.trajectory;
  if (message && others.length === 0 && callsTool(message)) return { prompt: conversation.prompt, response: message };
  if (others.length === 0) return readFinal(conversation);
  return message
    ? lost(
        'several_messages',
        `the answer has ${others.length + 1} messages; set builder.unit to final, divergence or trajectory`,
      )
    : NO_ANSWER;
}

/** `beginning` is all that the final answer follows. */
function readFinal(conversation: Cut): (Side & { readonly beginning?: readonly Message[] }) | Lost {
  if (conversation.kind === 'text') return readText(conversation);
  const { prompt, trajectory } = conversation;
  const answer = finalAnswer(trajectory);
  if (!answer) return trajectory.length === 0 ? NO_ANSWER : NO_FINAL_ANSWER;
  const { role, content } = answer;
  // Reasoning is no part of the answer.
  const response = typeof content === 'string' ? content : { role, content };
  return { prompt, response, beginning: [...prompt, ...trajectory.slice(0, -1)] };
}

/** Where all final answers follow the same messages, these are the prompt; else the prompt is what all of them began with. */
function shareBeginning(sides: readonly (ReturnType<typeof readFinal> | Lost)[]): readonly (Side | Lost)[] {
  const beginnings = sides.flatMap((side) => ('loss' in side ? [] : [side.beginning]));
  const shared = areAlike(beginnings);
  return sides.map((side) => {
    if ('loss' in side) return side;
    const { prompt, response, beginning } = side;
    return { prompt: shared && beginning ? beginning : prompt, response };
  });
}

function areAlike(beginnings: readonly (readonly Message[] | undefined)[]): boolean {
  const [first, ...others] = beginnings;
  if (!first) return false;
  const wanted = normalizeMessages(first);
  return others.every((other) => {
    if (other?.length !== first.length) return false;
    const found = normalizeMessages(other);
    return wanted.every((message, at) => message === found[at]);
  });
}

/** An answer that is text has no messages on its way. */
function readTrajectory(conversation: Cut): Side | Lost {
  if (conversation.kind === 'text') return readText(conversation);
  const { prompt, trajectory } = conversation;
  if (trajectory.length === 0) return NO_ANSWER;
  return trajectory.some(
    (message) => message.role === 'assistant' && (saysSomething(message) || message.reasoning_content),
  )
    ? { prompt, response: trajectory }
    : EMPTY_RESPONSE;
}

const readText = ({ prompt, response }: Extract<Conversation, { kind: 'text' }>): Side | Lost =>
  isBlank(response) ? EMPTY_RESPONSE : { prompt, response };

const lost = (reason: string, detail: string): Lost => ({ loss: { reason, detail } });
const NO_ANSWER = lost('no_answer', 'the model made no message');
const NO_FINAL_ANSWER = lost('no_final_answer', 'its last message has no text, or calls a tool');
const EMPTY_RESPONSE = lost('empty_response', 'the answer is empty text');
