import { Limits } from '../../lib/contract/request.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { median } from '../measure.ts';
import type { Figures } from './figures.ts';
import { buildAll, overS3, secondsOf } from './over-s3.ts';

const SHARD_BYTES = Limits.parse({}).shard_bytes;
const SHARDS = 4;
const RUNS = 5;

/** Shards of the default size, the first run not counted: a function that is warm has compiled its code. */
export const measureShards = (): Promise<Pick<Figures, 'shard' | 'smallestShardSeconds' | 'planBytes'>> =>
  overS3(async (s3) => {
    await s3.put('traces.jsonl', { bytes: SHARDS * SHARD_BYTES, form: 'jsonl', seed: 1 });
    const seconds: number[] = [];
    for (let run = 0; run <= RUNS; run++) {
      const { shards } = await s3.plan({ run_id: `run-${run}`, key: 'traces.jsonl' });
      const whole = shards.slice(0, SHARDS);
      const built = await buildAll(`run-${run}`, whole, s3);
      if (run > 0) seconds.push(...built);
      // Else the server would come to hold all of them.
      for (const { ordinal } of run > 0 ? whole : []) {
        await s3.deps.collections.remove(runKeys(`run-${run}`).shard(ordinal).collection);
      }
    }
    const { counters, collection } = await readJson(s3.deps.collections, runKeys('run-0').shard(1).summary, Summary);
    const plan = await s3.deps.collections.head(runKeys('run-0').plan);
    await s3.put('small.jsonl', { bytes: 100 * 90_000, form: 'jsonl', seed: 2 });
    const { shards: small } = await s3.plan({ run_id: 'small', key: 'small.jsonl', shardBytes: 90_000 });
    return {
      shard: {
        bytes: SHARD_BYTES,
        seconds,
        items: counters.total_items,
        pairs: counters.total_pairs,
        collectionBytes: collection.bytes,
      },
      smallestShardSeconds: median((await buildAll('small', small, s3)).slice(20)),
      planBytes: (plan?.bytes ?? 0) / (SHARDS + 1),
    };
  });

/** Evaluate over an array as NAT writes it. */
export const measureScan = (): Promise<number> =>
  overS3(async (s3) => {
    const bytes = 256 * 2 ** 20;
    await s3.put('traces.json', { bytes, form: 'indent2', seed: 1 });
    const seconds: number[] = [];
    for (let run = 0; run < 4; run++) {
      seconds.push(await secondsOf(() => s3.plan({ run_id: `scan-${run}`, key: 'traces.json' })));
    }
    return bytes / median(seconds.slice(1));
  });
