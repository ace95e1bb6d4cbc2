import type { Prompt, Response } from '../contract/trajectory.ts';
import type { Utf8 } from '../objects/utf8.ts';
import type { CandidatePlace } from '../preferences/candidate-place.ts';

/** What the report takes of a group, its preference pairs and their candidates, as BuildShard has them in memory. */
export interface PairedGroup<Pair extends GroupPair = GroupPair> {
  readonly exampleId: string;
  /** Turn by turn, each with at least one pair. */
  readonly turns: readonly (readonly Pair[])[];
}

/** Pairs of one turn share their candidates: each is one object. */
export interface GroupPair {
  readonly chosen: GroupCandidate;
  readonly rejected: GroupCandidate;
  readonly margin: number;
  /** Candidates of the turn. */
  readonly among: number;
}

export interface GroupCandidate {
  readonly turnId: string;
  readonly index: number;
  readonly score: number;
  readonly uuid: string | null;
  readonly place: CandidatePlace;
  readonly prompt: { readonly json: string; readonly value: () => Prompt };
  readonly tools?: { readonly json: Utf8 } | undefined;
  readonly response: { readonly value: () => Response };
}
