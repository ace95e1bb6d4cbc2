import type { SourceLoss, SourceScore } from '../source-candidate.ts';
import type { Answered } from './read-answer.ts';

/** One answer of a row. */
export interface Answer {
  readonly answered: Answered;
  readonly scores: Readonly<Record<string, SourceScore>>;
  /** Where it is in the record or in the entry; undefined where that holds this answer only. */
  readonly at: readonly (string | number)[] | undefined;
  /** What a pointer of `source.score` reads. */
  readonly record: unknown;
}

export type Answers = { readonly answers: readonly Answer[] } | { readonly rejected: SourceLoss };
