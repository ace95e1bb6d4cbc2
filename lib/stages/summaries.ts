import { addCounts, type Counters, noCounts } from '../contract/counters.ts';
import type { Shard } from '../contract/plan.ts';
import { Summary } from '../contract/summary.ts';
import { ObjectNotFound, ShardMissing } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import type { Plan } from './read-plan.ts';

export interface BuiltShard {
  readonly shard: Shard;
  readonly summary: Summary;
}

/** What the tasks of a run left: those that grouped candidates, then those that built shards. */
export interface BuiltRun {
  readonly grouped: readonly BuiltShard[];
  readonly built: readonly BuiltShard[];
  /** Both. */
  readonly all: readonly BuiltShard[];
}

/** Throws {@link ShardMissing}. */
export async function readBuiltRun(runId: string, plan: Plan, deps: Pick<Deps, 'collections'>): Promise<BuiltRun> {
  const grouped = await readSummaries(runId, plan.grouping, deps);
  const built = await readSummaries(runId, plan.shards, deps);
  return { grouped, built, all: [...grouped, ...built] };
}

/**
 * Every shard's summary, in order; 32 small requests at a time keep a store busy without being throttled. Throws
 * {@link ShardMissing}.
 */
const readSummaries = (
  runId: string,
  shards: readonly Shard[],
  { collections }: Pick<Deps, 'collections'>,
): Promise<BuiltShard[]> =>
  each(shards, 32, async (shard) => {
    try {
      return { shard, summary: await readJson(collections, runKeys(runId).shard(shard.ordinal).summary, Summary) };
    } catch (cause) {
      if (!(cause instanceof ObjectNotFound)) throw cause;
      const of = shard.slices.map(({ key }) => key).slice(0, 3);
      throw new ShardMissing(
        `Shard ${shard.ordinal} of run ${runId} (${of.join(', ')}) has no summary, so it was not built. Start the run again: only what is missing is done.`,
        { cause },
      );
    }
  });

export function sumCounters(built: readonly BuiltShard[]): Counters {
  const totals = noCounts();
  for (const { summary } of built) addCounts(totals, summary.counters);
  return totals;
}
