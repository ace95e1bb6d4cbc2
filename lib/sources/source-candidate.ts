import type { Message, Prompt, Response } from '../contract/trajectory.ts';

/**
 * One answer as a source format reads it from a record. `source.score` picks the score, `builder.unit` makes prompt and
 * response of the conversation; a format knows of neither.
 */
export interface SourceCandidate {
  /**
   * What competes: candidates of one group may be paired. Undefined: those with the same prompt and tools. Of a complete
   * format each record is a group, whatever stands here.
   */
  readonly group: string | undefined;
  /** `0` where the source has no turns of its own. */
  readonly turnId: string;
  readonly index: number | undefined;
  /** The record's own id. */
  readonly id: string | null;
  /** JSON Pointer to the answer in its record, where the record holds several. */
  readonly at?: string;
  readonly conversation: Conversation;
  /** By name, in the source's order. */
  readonly scores: Readonly<Record<string, SourceScore>>;
  /** What a pointer of `source.score` reads: the record, or the part of it that is about this answer alone. */
  readonly record?: unknown;
  /** As the source has them, brought to OpenAI's form (`{type: 'function', function: {name, description, parameters}}`). */
  readonly tools: readonly unknown[] | undefined;
  /** What is odd and no loss: `truncated`, `limit:…`, `exception:…`, `branches:n`. */
  readonly flags: readonly string[];
  /** Why the answer is no candidate, whatever its scores; undefined where it is one. */
  readonly loss: SourceLoss | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * `text`: an answer that is text, to a prompt that may be rendered. `messages`: what the model was given, and all after it.
 * `answer`: prompt and response as a pair has them, whatever the unit.
 */
export type Conversation =
  | {
      readonly kind: 'text';
      readonly prompt: string | readonly Message[];
      readonly response: string;
      /** The prompt's text has its chat template in it already. */
      readonly rendered: boolean;
    }
  | {
      readonly kind: 'messages';
      /** The messages before the first one that the model made. */
      readonly prompt: readonly Message[];
      /** From there to the last message of the assistant, tool calls and results included; empty where there is none. */
      readonly trajectory: readonly Message[];
    }
  | {
      readonly kind: 'answer';
      readonly prompt: Prompt;
      readonly response: Response;
      /** As in `text`. */
      readonly rendered: boolean;
    };

/** A finite number, or why there is none (`score_not_finite`, `missing_score`, `invalid_score`, or the source's own). */
export type SourceScore = { readonly value: number } | { readonly loss: SourceLoss };

export interface SourceLoss {
  /** snake_case, one of the format's own words. */
  readonly reason: string;
  /** What was found, without text of the record. */
  readonly detail: string;
}

export const lost = (reason: string, detail: string): SourceLoss => ({ reason, detail });

/** What a candidate is of which its source says no more. */
export const PLAIN_CANDIDATE = {
  group: undefined,
  turnId: '0',
  index: undefined,
  id: null,
  tools: undefined,
  flags: [],
  loss: undefined,
  metadata: {},
} satisfies Partial<SourceCandidate>;
