import type { BuilderSettings } from '../../lib/contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../../lib/contract/counters.ts';
import { IndexedItem } from '../../lib/contract/item-index.ts';
import type { Shard, TraceObject } from '../../lib/contract/plan.ts';
import { Request } from '../../lib/contract/request.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { Group, Rejected } from '../../lib/contract/trajectory.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readAll } from '../../lib/objects/store.ts';
import { jsonText, readJson, readLines } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { cutShards } from '../../lib/stages/cut-shards.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

/** What the shards of some objects came to, each line parsed by its own schema. */
export interface BuiltShards {
  readonly counters: Counters;
  readonly groups: readonly Group[];
  readonly rejected: readonly Rejected[];
  readonly index: readonly IndexedItem[];
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
    how.shardBytes === undefined ? [uncut(pinned)] : await Array.fromAsync(cutShards(pinned, how.shardBytes, deps));
  for (const shard of shards) await buildShard({ run_id: RUN, shard }, deps);
  return { ...(await whatIsBuilt(shards, collections)), read };
}

const RUN = 'run';

const uncut = (objects: readonly TraceObject[]): Shard => ({
  ordinal: 0,
  slices: objects.map(({ bytes, ...object }) => ({ ...object, object_bytes: bytes, cut: null, start: 0, end: bytes })),
});

const requests = new Map<string, Buffer>();
function requestText(builder: BuilderSettings): Buffer {
  const settings = JSON.stringify(builder);
  const source = { traces: { bucket: 'traces', prefix: '' } };
  const text = requests.get(settings) ?? Buffer.from(jsonText(Request.parse({ run_id: RUN, source, builder })));
  requests.set(settings, text);
  return text;
}

async function whatIsBuilt(shards: readonly Shard[], store: ObjectStore): Promise<Omit<BuiltShards, 'read'>> {
  const counters = noCounts();
  const [groups, rejected, index, texts]: [Group[], Rejected[], IndexedItem[], string[][]] = [[], [], [], [[], []]];
  for (const { ordinal } of shards) {
    const keys = runKeys(RUN).shard(ordinal);
    addCounts(counters, (await readJson(store, keys.summary, Summary)).counters);
    groups.push(...(await Array.fromAsync(readLines(store, keys.collection, Group))));
    rejected.push(...(await Array.fromAsync(readLines(store, keys.rejected, Rejected))));
    index.push(...(await Array.fromAsync(readLines(store, keys.index, IndexedItem))));
    for (const [which, key] of [keys.collection, keys.rejected].entries()) {
      texts[which]?.push(Buffer.from(await readAll(store, key)).toString());
    }
  }
  return { counters, groups, rejected, index, text: texts.map((parts) => parts.join('')).join('\n') };
}
