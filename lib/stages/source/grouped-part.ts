import { CorruptObject } from '../../errors.ts';
import { runKeys } from '../../objects/keys.ts';
import { openSink } from '../../objects/object-sink.ts';
import { inOneChunk, type ObjectStore, readAll, type Written } from '../../objects/store.ts';
import { DIGEST_BYTES, type Digest } from '../../preferences/digest.ts';
import { readLineItems } from '../../sources/containers/lines.ts';

/*
 * What a task of GroupCandidates leaves: `grouped.jsonl`, a line a candidate, 32 hex digits of its group's digest and then
 * its JSON. The lines are partitioned by bucket, segment by segment, so that the memory does not grow with the slice.
 * `buckets.bin` has the bytes of each bucket in each segment, as unsigned 32-bit integers, segment by segment.
 */

export type GroupedPartWriter = ReturnType<typeof openGroupedPart>;

/** `buckets`: a power of two. */
export function openGroupedPart(
  store: ObjectStore,
  { runId, ordinal, buckets }: { readonly runId: string; readonly ordinal: number; readonly buckets: number },
) {
  const keys = runKeys(runId).shard(ordinal);
  const sink = openSink(store, keys.grouped);
  const lengths: Buffer[] = [];
  let held = Array.from({ length: buckets }, (): string[] => []);
  let heldBytes = 0;

  async function flush(): Promise<void> {
    const segment = Buffer.alloc(buckets * LENGTH_BYTES);
    for (const [bucket, lines] of held.entries()) {
      const start = sink.bytes;
      for (const line of lines) await sink.writeText(line);
      segment.writeUInt32LE(sink.bytes - start, bucket * LENGTH_BYTES);
    }
    lengths.push(segment);
    held = Array.from({ length: buckets }, () => []);
    heldBytes = 0;
  }
  return {
    /** A promise means: wait for it, the store is behind. */
    add(group: Digest, json: string): Promise<void> | undefined {
      held[bucketOf(group, buckets)]?.push(`${Buffer.from(group, 'latin1').toString('hex')}${json}\n`);
      heldBytes += json.length;
      return heldBytes >= SEGMENT_CHARACTERS ? flush() : undefined;
    },
    async close(): Promise<Written> {
      if (heldBytes > 0) await flush();
      const written = await sink.close();
      await store.write(keys.buckets, inOneChunk(Buffer.concat(lengths)));
      return written === 'exists' ? { bytes: 0, crc32: 0 } : written;
    },
    abort: () => sink.abort(),
  };
}

/** 32 million UTF-16 code units: 64 MiB at most. */
const SEGMENT_CHARACTERS = 33_554_432;
const LENGTH_BYTES = 4;

/** The first bits of the digest: buckets in order hold the groups in order. */
const bucketOf = (group: Digest, buckets: number): number =>
  Math.floor((Buffer.from(group.slice(0, 4), 'latin1').readUInt32BE() / 2 ** 32) * buckets);

/** Part of a task's `grouped.jsonl`. */
export interface Region {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** Where the bucket's candidates are, in the order of tasks and of their records. */
export async function findRegions(
  store: ObjectStore,
  runId: string,
  { bucket, of, tasks }: { readonly bucket: number; readonly of: number; readonly tasks: number },
): Promise<readonly Region[]> {
  const regions: Region[] = [];
  for (let task = 0; task < tasks; task++) {
    const keys = runKeys(runId).shard(of + task);
    const lengths = Buffer.from(await readAll(store, keys.buckets));
    let start = 0;
    for (let at = 0; at < lengths.length / LENGTH_BYTES; at++) {
      const end = start + lengths.readUInt32LE(at * LENGTH_BYTES);
      if (at % of === bucket && end > start) regions.push({ key: keys.grouped, start, end });
      start = end;
    }
  }
  return regions;
}

/** A candidate's line: its group's digest in hex, and its JSON. */
export interface GroupedLine {
  readonly group: string;
  readonly json: string;
}

/** The lines of a region, in order. Throws {@link CorruptObject} where they are not whole. */
export async function* readRegion(store: ObjectStore, { key, start, end }: Region): AsyncGenerator<GroupedLine> {
  const all = { start: 0, end: Number.POSITIVE_INFINITY };
  let read = 0;
  for await (const { bytes, ...line } of readLineItems(store.read(key, { start, end }), all, toLine, LONGEST_LINE)) {
    if ('rejected' in line) break;
    read += bytes + 1;
    yield line.item;
  }
  if (read === end - start) return;
  throw new CorruptObject(
    `${store.name}/${key} differs from what the pipeline writes there; start the run under another run id.`,
  );
}

const toLine = (line: Buffer) => ({
  item: {
    group: line.toString('latin1', 0, 2 * DIGEST_BYTES),
    json: line.toString('utf8', 2 * DIGEST_BYTES),
  },
});
/** Bytes. A string of V8 holds half as many characters. */
const LONGEST_LINE = 2 ** 30;
