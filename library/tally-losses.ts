import { noCounts } from '../lib/contract/counters.ts';
import { type IncompleteObject, noteIncomplete } from '../lib/contract/incomplete-object.ts';
import type { Request } from '../lib/contract/request.ts';
import type { Rejected } from '../lib/contract/trajectory.ts';
import type { RejectedCandidate } from '../lib/preferences/candidate.ts';
import type { CandidatePlace } from '../lib/preferences/candidate-place.ts';
import { isIncomplete } from '../lib/sources/containers/container.ts';
import type { RecordLoss } from '../lib/stages/build-shard/open-losses.ts';
import { requireComplete } from '../lib/stages/require-good-run.ts';

/** Who hears of what is left out. */
export interface LossOptions {
  /** Called with every record and every candidate that is left out: a line of a run's `rejected.jsonl`. */
  readonly onRejected?: (rejected: Rejected) => void;
}

/** Counts what is read and what is lost, and reports each loss. */
export function tallyLosses(
  { run_id, limits }: Pick<Request, 'run_id' | 'limits'>,
  { onRejected = () => {} }: LossOptions,
) {
  const counters = noCounts();
  const incomplete: IncompleteObject[] = [];
  return {
    counters,
    countItem({ bytes }: { readonly bytes: number }): void {
      counters.total_items += 1;
      counters.bytes += bytes;
    },
    loseItem(place: CandidatePlace, { reason, detail, exampleId }: RecordLoss): void {
      counters.rejected_items[reason] = (counters.rejected_items[reason] ?? 0) + 1;
      if (isIncomplete(reason)) noteIncomplete(incomplete, { ...place, reason, detail });
      const lost = { run_id, kind: 'item', reason, detail } as const;
      onRejected({ ...lost, ...place, example_id: exampleId, turn_id: null, candidate_uuid: null });
    },
    /** It is counted where its example is. */
    loseCandidate(exampleId: string, place: CandidatePlace, { reason, detail, turnId, uuid }: RejectedCandidate): void {
      const lost = { run_id, kind: 'candidate', reason, detail } as const;
      onRejected({ ...lost, ...place, example_id: exampleId, turn_id: turnId, candidate_uuid: uuid });
    },
    /** Throws {@link IncompleteInput} for what was cut short, unless `limits.allow_incomplete` is set. */
    requireComplete: (): void => requireComplete(incomplete, { limits }),
  };
}
