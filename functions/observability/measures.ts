import { sumOfReasons } from '../../lib/contract/counters.ts';
import type { BuildShardOutput, EvaluateOutput, GroupCandidatesOutput } from '../../lib/contract/states.ts';
import type { RunWorkflowOutput } from '../../lib/contract/workflow.ts';
import type { CountName } from './metric-names.ts';

/** What one call of a step came to, in numbers. */
export interface Measures {
  readonly counts: readonly (readonly [CountName, number])[];
  /** Items and candidates by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

const NOTHING: Measures = { counts: [], rejected: {} };
export const nothing = (): Measures => NOTHING;

/** A run that was planned before counts no shard again. */
export const planned = ({ status, shards }: EvaluateOutput): Measures =>
  status === 'planned' || status === 'scattered' ? { ...NOTHING, counts: [['Shards', shards]] } : NOTHING;

/** Records of a scattered source are counted where they are read, which is before their shards are built. */
export function sliceGrouped({ grouped, items, bytes, rejected_items }: GroupCandidatesOutput): Measures {
  if (!grouped) return NOTHING;
  return {
    counts: [
      ['Items', items],
      ['Bytes', bytes],
      ['RejectedItems', sumOfReasons(rejected_items)],
    ],
    rejected: rejected_items,
  };
}

/** A shard that stood already was measured when it was built. */
export function shardBuilt(output: BuildShardOutput): Measures {
  if (!output.built) return NOTHING;
  const { items, candidates, pairs, bytes, rejected_items, rejected_candidates } = output;
  return {
    counts: [
      ['Items', items],
      ['Candidates', candidates],
      ['Pairs', pairs],
      ['Bytes', bytes],
      ['RejectedItems', sumOfReasons(rejected_items)],
      ['RejectedCandidates', sumOfReasons(rejected_candidates)],
    ],
    rejected: { ...rejected_items, ...rejected_candidates },
  };
}

/** Each round of a batch reports all rounds so far. */
export function batchAsked({ done, answered, failed }: RunWorkflowOutput): Measures {
  if (!done) return NOTHING;
  return {
    ...NOTHING,
    counts: [
      ['ExamplesAnswered', answered],
      ['ExamplesFailed', failed],
    ],
  };
}
