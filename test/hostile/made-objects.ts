import { Request } from '../../lib/contract/request.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { jsonText, readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

/** Bytes that are made as they are read: `unit` so many times, part after part. */
export type Parts = readonly (readonly [unit: Buffer, times: number])[];

/** The shard of one object that is made as it is read, by the settings of a request. Its files are written to `collections`. */
export async function buildMade(parts: Parts, collections: ObjectStore, settings: object = {}): Promise<Summary> {
  const traces = madeStore(parts);
  const { run, shard } = { run: runKeys('run'), shard: runKeys('run').shard(0) };
  const source = { traces: { bucket: 'traces', key: KEY } };
  await collections.create(run.request, jsonText(Request.parse({ run_id: 'run', source, ...settings })));
  const bytes = bytesOf(parts);
  const slice = { bucket: 'traces', key: KEY, etag: ETAG, object_bytes: bytes, cut: null, start: 0, end: bytes };
  await buildShard(
    { run_id: 'run', shard: { ordinal: 0, slices: [slice] }, shards: 1 },
    memoryDeps(traces, collections),
  );
  return readJson(collections, shard.summary, Summary);
}

const KEY = 't.jsonl';
const ETAG = '"made"';

const bytesOf = (parts: Parts): number => parts.reduce((sum, [unit, times]) => sum + unit.length * times, 0);

function madeStore(parts: Parts): ObjectStore {
  const size = bytesOf(parts);
  return {
    ...memoryStore('traces'),
    async *read(_, { start = 0, end = size } = {}) {
      let at = 0;
      for (const chunk of chunksOf(parts)) {
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, chunk.length)];
        if (to <= 0) return;
        if (from < to) yield Buffer.from(chunk.subarray(from, to));
        at += chunk.length;
      }
    },
  };
}

function* chunksOf(parts: Parts): Generator<Buffer> {
  for (const [unit, times] of parts) {
    const together = Math.max(1, Math.min(times, Math.floor(65_536 / unit.length)));
    const chunk = Buffer.concat(Array.from({ length: together }, () => unit));
    for (let left = times; left > 0; left -= together) yield chunk.subarray(0, Math.min(left, together) * unit.length);
  }
}

/** Keeps what is created; of what is written, only how much it was. */
export function forgetfulStore(): ObjectStore {
  return {
    ...memoryStore('collections'),
    write: async (_, body) => {
      let bytes = 0;
      let crc = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        crc = crc32(chunk, crc);
      }
      return { bytes, crc32: crc };
    },
  };
}
