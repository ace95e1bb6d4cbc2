import type { Unit } from '../lib/contract/unit.ts';
import type { CandidatePlace } from '../lib/preferences/candidate-place.ts';
import type { SourceCandidate, SourceScore } from '../lib/sources/source-candidate.ts';

/** A scored answer, as {@link readCandidates} yields it and {@link buildPairs} takes it. */
export interface Candidate extends Omit<SourceCandidate, 'scores' | 'record'> {
  /** The score that answers are compared by, or why there is none. */
  readonly score: SourceScore;
  /** Where its record begins: the input's name, and a byte of its text (the row of a table). */
  readonly place: CandidatePlace;
  /** What a pair is made of, unless `builder.unit` is set. */
  readonly unit: Unit;
  /** The number of its group, where the group's candidates follow one another. Undefined: they may be anywhere. */
  readonly example: number | undefined;
}
