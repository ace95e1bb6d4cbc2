import { MAX_ITEM_BYTES, reject } from '../record.ts';
import type { ByteRange, Container, ContainerSpan, PinnedObject, RecordReader } from './container.ts';
import { unitCuts } from './unit-cuts.ts';
import { MAX_ZSTD_RATIO } from './zstd.ts';

/** A Parquet file: a row is a record, an object by its columns' names. It may be cut between row groups. */
export const parquet: Container = { cuts: cutsAtGroups, read: readParquet };

async function* readParquet<Item>(
  object: PinnedObject,
  range: ByteRange,
  reader: RecordReader<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  const { openParquet, readGroup } = await loadParquet();
  const file = await openParquet(object);
  if ('rejected' in file) {
    yield { offset: 0, bytes: object.bytes, ...file };
    return;
  }
  const work = { jsonBytes: 0, bytes: 0 };
  for (const group of file.groups) {
    if (group.start < range.start || group.start >= range.end) continue;
    work.bytes += group.bytes;
    for await (const span of readGroup(object, file, group)) {
      if ('rejected' in span) {
        yield span;
        continue;
      }
      const { item: row, ...place } = span;
      work.jsonBytes += row.jsonBytes;
      if (work.jsonBytes > MAX_ITEM_BYTES && work.jsonBytes > MAX_ZSTD_RATIO * work.bytes) {
        yield { ...place, ...BOMB };
        return;
      }
      yield { ...place, ...(row.jsonBytes > MAX_ITEM_BYTES ? TOO_LARGE : reader.fromValue(row.value)) };
    }
  }
}

const BOMB = reject(
  'parquet_bomb',
  `its rows come to more than ${MAX_ZSTD_RATIO} times its size; if they are real records, store them as JSON lines`,
);
const TOO_LARGE = reject('too_large', `the row is larger than ${MAX_ITEM_BYTES} bytes`);

async function* cutsAtGroups(object: PinnedObject, every: number): AsyncGenerator<number> {
  const { openParquet } = await loadParquet();
  const file = await openParquet(object);
  if ('rejected' in file) return;
  yield* unitCuts(
    file.groups.map(({ start }) => start),
    every,
  );
}

/** Its decompressors are compiled when they are loaded, and most runs read no Parquet. */
async function loadParquet() {
  const [{ openParquet }, { readGroup }] = await Promise.all([
    import('./parquet-file.ts'),
    import('./parquet-group.ts'),
  ]);
  return { openParquet, readGroup };
}
