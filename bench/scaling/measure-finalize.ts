import { Summary } from '../../lib/contract/summary.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import type { Figures } from './figures.ts';
import { buildAll, type OverS3, overS3, secondsOf } from './over-s3.ts';

/** Bytes: so small that a run of a thousand shards is quickly made; each has one item or two. */
const SMALL_SHARD = 90_000;

/** Time a shard and a part, over HTTP, every part copied. */
export async function measureFinalize(): Promise<Pick<Figures['finalize'], 'shardSeconds' | 'partSeconds'>> {
  const { whole, composing, shards } = await overS3(
    async (s3) => {
      const few = await finalized('few', 100, s3);
      const many = await finalized('many', 1_100, s3);
      return {
        whole: many.whole - few.whole,
        composing: many.composing - few.composing,
        shards: many.shards - few.shards,
      };
    },
    { minPartBytes: 1_024 },
  );
  return { shardSeconds: (whole - composing) / shards, partSeconds: composing / shards };
}

async function finalized(run_id: string, shards: number, s3: OverS3) {
  const key = `${run_id}.jsonl`;
  await s3.put(key, { bytes: shards * SMALL_SHARD, form: 'jsonl', seed: 3 });
  const { planned, shards: plan } = await s3.plan({ run_id, key, shardBytes: SMALL_SHARD });
  await buildAll(run_id, plan, s3);
  const whole = await secondsOf(() => finalize(planned, { ...s3.deps, ...NO_LIMITS }));
  const { collections } = s3.deps;
  const parts = await Promise.all(
    plan.map(async ({ ordinal }) => {
      const keys = runKeys(run_id).shard(ordinal);
      const { collection } = await readJson(collections, keys.summary, Summary);
      return { key: keys.collection, bytes: collection.bytes };
    }),
  );
  const composing = await secondsOf(() => collections.compose(`${run_id}-again`, parts));
  return { whole, composing, shards: plan.length };
}
