import type { ChoiceFacts } from '../../contract/choice-facts.ts';
import type { Request } from '../../contract/request.ts';
import { planDatasets } from '../../datasets/dataset-plan.ts';
import { CorruptObject } from '../../errors.ts';
import { runKeys } from '../../objects/keys.ts';
import { readAll } from '../../objects/store.ts';
import { readJson } from '../../objects/stored-json.ts';
import type { ReportSample } from '../../report/input.ts';
import { mergeSamples } from '../../report/merge-samples.ts';
import { pickShards } from '../../report/pick-shards.ts';
import { ShardSample } from '../../report/shard-sample.ts';
import { parseShownPairs } from '../../report/shown-pair.ts';
import { showsText } from '../../report/shows-text.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import type { BuiltShard } from '../summaries.ts';
import { firstPairs } from './locate-pairs.ts';
import { readFates } from './read-fates.ts';
import { readLeftOut } from './read-left-out.ts';

/**
 * What the report shows of the collection, from the samples of at most 32 shards, and what became of the sampled pairs in
 * the datasets.
 */
export async function readSample(
  request: Request,
  built: readonly BuiltShard[],
  facts: ChoiceFacts | undefined,
  deps: Deps,
): Promise<ReportSample> {
  const { run_id } = request;
  const sample = await readShardSamples(run_id, built, deps);
  // Without text no pair is shown.
  if (!facts || !showsText(request)) return sample;
  const run = { plan: planDatasets(request.dataset, request.builder), built };
  const shown = await readLeftOut(run_id, facts, run, sample.sampled_pairs, deps);
  return { ...sample, sampled_pairs: [...(await readFates(run_id, run, shown, deps))] };
}

async function readShardSamples(
  runId: string,
  built: readonly BuiltShard[],
  { collections }: Deps,
): Promise<ReportSample> {
  const keysOf = (ordinal: number) => runKeys(runId).shard(ordinal);
  const firsts = firstPairs(built);
  const picked = pickShards(built.length).flatMap((at) => {
    const shard = built[at];
    return shard ? [{ ...shard, first: firsts[at] ?? 0 }] : [];
  });
  const withPairs = picked.filter(({ summary }) => summary.counters.total_pairs > 0);
  const samples = await each(withPairs, AT_ONCE, async ({ first, summary: { ordinal } }) => ({
    ...{ ordinal, first },
    sample: await readJson(collections, keysOf(ordinal).sample, ShardSample),
  }));
  return mergeSamples(samples, async (ordinal, range) => {
    const key = keysOf(ordinal).sampledPairs;
    const text = new TextDecoder().decode(await readAll(collections, key, range));
    try {
      return parseShownPairs(text);
    } catch (cause) {
      const where = `${collections.name}/${key}`;
      throw new CorruptObject(
        `${where} differs from what the pipeline writes there; start the run under another run id.`,
        { cause },
      );
    }
  });
}

/** Samples are some 100 KB each: so many keep a store busy and take little memory. */
const AT_ONCE = 8;
