import type { Utf8 } from '../objects/utf8.ts';
import type { CandidatePlace } from './candidate-place.ts';
import type { EncodedPrompt, EncodedResponse, EncodedTools } from './encoded-text.ts';

/** One scored answer, as every source format gives it. */
export interface Candidate {
  readonly turnId: string;
  readonly index: number;
  /** Finite. */
  readonly score: number;
  readonly prompt: EncodedPrompt;
  readonly response: EncodedResponse;
  /** The tools that were offered; undefined where the source has none. */
  readonly tools?: EncodedTools | undefined;
  /** An object. */
  readonly metadataJson: Utf8;
  readonly uuid: string | null;
}

/** An answer that can be no candidate, and why. */
export interface RejectedCandidate {
  /** One of the source format's own reasons, never text from a trace. */
  readonly reason: string;
  /** The kind of value found, never its text. */
  readonly detail: string;
  readonly turnId: string | null;
  readonly uuid: string | null;
}

/** A candidate, and where its record begins. */
export interface PlacedCandidate extends Candidate {
  readonly place: CandidatePlace;
}
