import type { BuilderSettings } from '../contract/builder.ts';
import type { Candidate, RejectedCandidate } from '../preferences/candidate.ts';

/** A record, or several joined ones, that is complete by itself: the candidates of one example. */
export interface TraceItem {
  readonly id: ExampleId;
  /** What of it is a candidate, in order, before the next item is asked for: after that its bytes may be gone. */
  readonly read: (compatibility: BuilderSettings['compatibility']) => ReadCandidates;
  /** What the item holds besides, before the next item is asked for. */
  readonly describe: () => ItemDescription;
  /** Keys that a format of few keys does not know; of NAT's items most keys are others than a candidate's. */
  readonly unusedKeys: readonly string[];
}

export interface ReadCandidates {
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly RejectedCandidate[];
}

export interface ExampleId {
  /** The id as text: `example_id`. */
  readonly text: string;
  /** Alike for two ids that Python's dict takes for one key: 1, 1.0 and true are, 1 and "1" are not. */
  readonly key: string;
}

export interface ItemDescription {
  readonly eventTypes: readonly string[];
  readonly ttcNames: readonly string[];
  readonly withoutSteps: boolean;
  readonly atif: boolean;
  /** The item's keys, where the one for its steps is not among them. */
  readonly otherKeys: readonly string[];
  /** Keys that hold steps and are not the one for them. */
  readonly stepKeys: readonly string[];
}

/** Sorts what a format made of an item's answers, in order. */
export function sortCandidates(read: Iterable<Candidate | { readonly rejected: RejectedCandidate }>): ReadCandidates {
  const candidates: Candidate[] = [];
  const rejected: RejectedCandidate[] = [];
  for (const one of read) {
    if ('rejected' in one) rejected.push(one.rejected);
    else candidates.push(one);
  }
  return { candidates, rejected };
}
