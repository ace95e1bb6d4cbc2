import type { BuilderSettings } from '../../lib/contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../../lib/contract/counters.ts';
import { DatasetSettings } from '../../lib/contract/dataset.ts';
import type { Shard, TraceObject } from '../../lib/contract/plan.ts';
import { Request } from '../../lib/contract/request.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { Group, Rejected } from '../../lib/contract/trajectory.ts';
import { planDatasets } from '../../lib/datasets/dataset-plan.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readAll } from '../../lib/objects/store.ts';
import { jsonText, readJson, readLines } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { cutShards, mayBeCut } from '../../lib/stages/cut-shards.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { type IndexedPair, readIndexedPairs } from './indexed-pairs.ts';

/** What the shards of some objects came to, each line parsed by its own schema. */
export interface BuiltShards {
  readonly counters: Counters;
  readonly groups: readonly Group[];
  readonly rejected: readonly Rejected[];
  /** What the pair indexes say of the pairs, and the texts that their byte ranges name. */
  readonly indexed: readonly IndexedPair[];
  /** Trace items with a pair. */
  readonly itemsWithPairs: number;
  /** The bytes of the collections and of the rejected lines, shard after shard. */
  readonly text: string;
  /** Bytes of traces that were asked for. */
  readonly read: number;
}

export interface HowToBuild {
  readonly builder: BuilderSettings;
  /** Bytes a chunk that the store gives. */
  readonly chunkBytes: number;
  /** Each object cut into shards of so many bytes; without it, one shard of them all, uncut. */
  readonly shardBytes?: number;
}

export async function builtShards(objects: ReadonlyMap<string, Buffer>, how: HowToBuild): Promise<BuiltShards> {
  const traces = memoryStore('traces', how.chunkBytes);
  const collections = memoryStore('collections');
  let read = 0;
  const counting: ObjectStore = {
    ...traces,
    async *read(key, options) {
      for await (const chunk of traces.read(key, options)) {
        read += chunk.length;
        yield chunk;
      }
    },
  };
  const deps = memoryDeps(counting, collections);
  collections.objects.set(runKeys(RUN).request, requestText(how.builder));
  for (const [key, bytes] of objects) traces.objects.set(key, bytes);
  const pinned = (await Array.fromAsync(traces.list(''))).map((object) => ({ bucket: 'traces', ...object }));
  const shards =
    how.shardBytes === undefined
      ? [uncut(pinned)]
      : await Array.fromAsync(cutShards(pinned, { shardBytes: how.shardBytes, cut: mayBeCut(how.builder) }, deps));
  for (const shard of shards) await buildShard({ run_id: RUN, shard, shards: shards.length }, deps);
  return { ...(await whatIsBuilt(shards, how.builder, collections)), read };
}

const RUN = 'run';
/** Both views. */
const DATASET = DatasetSettings.parse({ formats: ['trl', 'nemo_customizer'] });

const uncut = (objects: readonly TraceObject[]): Shard => ({
  ordinal: 0,
  slices: objects.map(({ bytes, ...object }) => ({ ...object, object_bytes: bytes, cut: null, start: 0, end: bytes })),
});

const requests = new Map<string, Buffer>();
function requestText(builder: BuilderSettings): Buffer {
  const settings = JSON.stringify(builder);
  const source = { traces: { bucket: 'traces', prefix: '' } };
  const text =
    requests.get(settings) ?? Buffer.from(jsonText(Request.parse({ run_id: RUN, source, builder, dataset: DATASET })));
  requests.set(settings, text);
  return text;
}

async function whatIsBuilt(
  shards: readonly Shard[],
  builder: BuilderSettings,
  store: ObjectStore,
): Promise<Omit<BuiltShards, 'read'>> {
  const counters = noCounts();
  const plan = planDatasets(DATASET, builder);
  const [groups, rejected, indexed, texts]: [Group[], Rejected[], IndexedPair[], string[][]] = [[], [], [], [[], []]];
  let itemsWithPairs = 0;
  for (const shard of shards) {
    const keys = runKeys(RUN).shard(shard.ordinal);
    const summary = await readJson(store, keys.summary, Summary);
    addCounts(counters, summary.counters);
    itemsWithPairs += summary.items_with_pairs;
    groups.push(...(await Array.fromAsync(readLines(store, keys.collection, Group))));
    // A shard that loses nothing has no such file.
    const lost = summary.rejected.lines > 0 ? [keys.rejected] : [];
    for (const key of lost) rejected.push(...(await Array.fromAsync(readLines(store, key, Rejected))));
    indexed.push(...(await readIndexedPairs(shard, summary, plan, store)));
    for (const [which, key] of [keys.collection, ...lost].entries()) {
      texts[which]?.push(Buffer.from(await readAll(store, key)).toString());
    }
  }
  const text = texts.map((parts) => parts.join('')).join('\n');
  return { counters, groups, rejected, indexed, itemsWithPairs, text };
}
