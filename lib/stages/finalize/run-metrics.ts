import type { Counters } from '../../contract/counters.ts';
import type { DatasetResult } from '../../contract/dataset-result.ts';
import type { CommittedFile } from '../../contract/manifest.ts';
import type { Request } from '../../contract/request.ts';
import { runKeys } from '../../objects/keys.ts';
import type { Deps } from '../deps.ts';
import { type BuiltShard, sumCounters } from '../summaries.ts';
import { mergeRepetitions } from '../workflow/repetition-sums.ts';
import { writeOnce } from './write-once.ts';

/**
 * Writes `metrics.jsonl`: a line a shard, a line a repetition (traces that were there are one), then the run's. Those of
 * shards and run are NAT's progress line (rule 11) with our counters, a repetition's is NAT's record of a collection run.
 * Written once, because of its times.
 */
export const writeMetrics = (
  request: Request,
  built: readonly BuiltShard[],
  datasets: DatasetResult | undefined,
  deps: Deps,
): Promise<CommittedFile> =>
  writeOnce(runKeys(request.run_id).metrics, metricsLines(request, built, datasets, deps.now()), deps);

function* metricsLines(
  request: Request,
  built: readonly BuiltShard[],
  datasets: DatasetResult | undefined,
  now: Date,
): Generator<string> {
  const line = (timestamp: string, scope: 'shard' | 'run', counters: Counters, more: object): string =>
    `${JSON.stringify({ timestamp, run_id: request.run_id, scope, ...more, config: natConfig(request), ...counters })}\n`;
  for (const { summary } of built) {
    const { ordinal, seconds } = summary;
    yield line(summary.started_at, 'shard', summary.counters, { ordinal, seconds });
  }
  for (const repetition of mergeRepetitions(
    request,
    built.map(({ summary }) => summary.repetitions),
  )) {
    const stamp = { timestamp: now.toISOString(), run_id: request.run_id, scope: 'repetition' };
    yield `${JSON.stringify({ ...stamp, ...repetition })}\n`;
  }
  yield line(now.toISOString(), 'run', sumCounters(built), datasets ? { datasets } : {});
}

const natConfig = ({ builder }: Request) => ({
  ttc_step_name: builder.ttc_step_name,
  exhaustive_pairs: builder.exhaustive_pairs,
  min_score_diff: builder.min_score_diff,
  max_pairs_per_turn: builder.max_pairs_per_turn,
  reward_from_score_diff: builder.reward_from_score_diff,
  require_multiple_candidates: builder.require_multiple_candidates,
  compatibility: builder.compatibility,
});
