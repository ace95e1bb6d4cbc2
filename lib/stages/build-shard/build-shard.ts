import { isTraceSlice, type Shard } from '../../contract/plan.ts';
import { Request } from '../../contract/request.ts';
import { RunSource } from '../../contract/run-source.ts';
import type { BuildShardInput, BuildShardOutput } from '../../contract/states.ts';
import type { Summary } from '../../contract/summary.ts';
import type { TokenCounter } from '../../datasets/token-counter.ts';
import { runKeys } from '../../objects/keys.ts';
import { readJson } from '../../objects/stored-json.ts';
import type { Deps } from '../deps.ts';
import { readsRecords } from '../read-plan.ts';
import { summarizeOnce } from '../summarize-once.ts';
import { buildBucket } from './build-bucket.ts';
import { buildNatSlice } from './build-nat-slice.ts';
import { buildRecords } from './build-records.ts';
import { buildSlice } from './build-slice.ts';
import { type OpenShard, openShard } from './open-shard.ts';

/**
 * Streams the shard's trace items, pairs their candidates, and writes groups, their pairs' entries and losses as it goes;
 * the summary last, once. A shard whose summary exists is not built again. Throws {@link InputChanged} where a trace
 * object is no longer the one that was planned.
 */
export async function buildShard({ run_id, shard, shards }: BuildShardInput, deps: Deps): Promise<BuildShardOutput> {
  const { summary, made } = await summarizeOnce({ runId: run_id, ordinal: shard.ordinal }, deps, async () => {
    const request = await readJson(deps.collections, runKeys(run_id).request, Request);
    const open = openShard(request, { ordinal: shard.ordinal, shards }, deps, await tokenCounter(request, deps));
    try {
      await buildContent({ request, shard }, open, deps);
      return await open.close();
    } catch (error) {
      await open.abort();
      throw error;
    }
  });
  return report(summary, made);
}

async function buildContent({ request, shard }: ShardJob, open: OpenShard, deps: Deps): Promise<void> {
  const { slices, bucket, ordinal: number } = shard;
  if (readsRecords(shard)) {
    const source = await readJson(deps.collections, runKeys(request.run_id).source, RunSource);
    if (bucket) await buildBucket({ request, source, number, bucket }, open, deps);
    else await buildRecords({ request, source, slices }, open, deps);
    return;
  }
  const build = request.builder.compatibility === 'nat' ? buildNatSlice : buildSlice;
  for (const [source, slice] of slices.filter(isTraceSlice).entries())
    await build({ request, slice, source }, open, deps);
}

interface ShardJob {
  readonly request: Request;
  readonly shard: Shard;
}

async function tokenCounter({ run_id, dataset }: Request, { collections }: Deps): Promise<TokenCounter | undefined> {
  if (!dataset.tokenizer) return undefined;
  // Of most runs no token is counted, and the tokenizer's code is not loaded.
  const { openTokenCounter, StoredTokenizer } = await import('../../datasets/token-counter.ts');
  const stored = await readJson(collections, runKeys(run_id).tokenizer, StoredTokenizer);
  return openTokenCounter(stored, dataset.prompt_style === 'text' ? 'text' : 'chat');
}

const report = ({ run_id, ordinal, counters }: Summary, built: boolean): BuildShardOutput => ({
  run_id,
  ordinal,
  built,
  items: counters.total_items,
  candidates: counters.total_candidates,
  pairs: counters.total_pairs,
  bytes: counters.bytes,
  rejected_items: counters.rejected_items,
  rejected_candidates: counters.rejected_candidates,
});
