import { CorruptObject } from '../../errors.ts';
import { runKeys } from '../../objects/keys.ts';
import { readAll } from '../../objects/store.ts';
import { readJson } from '../../objects/stored-json.ts';
import type { ReportSample } from '../../report/input.ts';
import { mergeSamples } from '../../report/merge-samples.ts';
import { pickShards } from '../../report/pick-shards.ts';
import { ShardSample } from '../../report/shard-sample.ts';
import { parseShownPairs } from '../../report/shown-pair.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import type { BuiltShard } from '../summaries.ts';

/** What the report shows of the collection, from the samples of at most 32 shards. */
export async function readSample(
  runId: string,
  built: readonly BuiltShard[],
  { collections }: Deps,
): Promise<ReportSample> {
  const keysOf = (ordinal: number) => runKeys(runId).shard(ordinal);
  const picked = pickShards(built.length).flatMap((at) => built[at] ?? []);
  const withPairs = picked.filter(({ summary }) => summary.counters.total_pairs > 0);
  const samples = await each(withPairs, AT_ONCE, async ({ summary: { ordinal } }) => ({
    ordinal,
    sample: await readJson(collections, keysOf(ordinal).sample, ShardSample),
  }));
  return mergeSamples(samples, async (ordinal, range) => {
    const key = keysOf(ordinal).sampledPairs;
    const text = new TextDecoder().decode(await readAll(collections, key, range));
    try {
      return parseShownPairs(text);
    } catch (cause) {
      const where = `${collections.name}/${key}`;
      throw new CorruptObject(`${where} is not what the pipeline writes there; start the run under another run id.`, {
        cause,
      });
    }
  });
}

/** Samples are some 100 KB each: so many keep a store busy and take little memory. */
const AT_ONCE = 8;
