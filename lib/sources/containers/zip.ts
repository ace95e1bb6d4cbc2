import { crc32, createInflateRaw } from 'node:zlib';
import { inOneChunk } from '../../objects/store.ts';
import { MAX_ITEM_BYTES, type RejectedItem, reject } from '../record.ts';
import { type ByteReader, inPieces, readInParts, readWhole } from './byte-reader.ts';
import type { ByteRange, Container, ContainerSpan, PinnedObject, RecordReader } from './container.ts';
import { type Decompressed, decompress, INFLATED_CHUNK_BYTES, inflating, PIECE_BYTES } from './inflating.ts';
import { readTextRecords } from './text-records.ts';
import { unitCuts } from './unit-cuts.ts';
import { LOCAL_HEADER_BYTES, OVERLAPS, readZipDirectory, type ZipDirectory, type ZipEntry } from './zip-directory.ts';
import { unzstd } from './zstd.ts';

/**
 * A zip archive: an entry is one record (JSON), or holds records as JSON lines, as an array or as CSV. It may be cut
 * between entries.
 */
export const zip: Container = {
  cuts: cutsAtEntries,
  read: (object, range, reader) => readZipRecords(object, range, reader),
};

/** The records of those entries that begin in the range and whose name is wanted. */
export async function* readZipRecords<Item>(
  object: PinnedObject,
  range: ByteRange,
  reader: RecordReader<Item>,
  wants: (name: string) => boolean = () => true,
): AsyncGenerator<ContainerSpan<Item>> {
  const directory = await readZipDirectory(object);
  if ('rejected' in directory) {
    yield { offset: 0, bytes: object.bytes, ...directory };
    return;
  }
  const wanted = directory.entries.filter(
    ({ name, offset }) => offset >= range.start && offset < range.end && wants(name),
  );
  yield* readEntries(object, wanted, reader);
}

/** An entry's whole text, of one record's size at most. */
export async function readZipEntry(
  object: PinnedObject,
  entry: ZipEntry,
): Promise<{ readonly text: Buffer } | RejectedItem> {
  if (entry.bytes > MAX_ITEM_BYTES) return reject('too_large', `it is larger than ${MAX_ITEM_BYTES} bytes`);
  const reader = readInParts(object.open(entry.offset, object.bytes));
  try {
    return await checkedText(openEntry(reader, entry));
  } finally {
    await reader.close();
  }
}

async function checkedText(content: EntryContent): Promise<{ readonly text: Buffer } | RejectedItem> {
  // What is larger than it says ends there, so there is always a text.
  const text = await readWhole(content.bytes, MAX_ITEM_BYTES);
  return content.damage() ?? { text: text ?? Buffer.alloc(0) };
}

async function* cutsAtEntries(object: PinnedObject, every: number): AsyncGenerator<number> {
  const directory = await readZipDirectory(object);
  if ('rejected' in directory) return;
  yield* unitCuts(
    directory.entries.map(({ offset }) => offset),
    every,
  );
}

/** One stream through all of them: a request for each entry would take longer than its bytes. */
async function* readEntries<Item>(
  object: PinnedObject,
  entries: ZipDirectory,
  reader: RecordReader<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  let archive: { readonly reader: ByteReader; at: number } | undefined;
  try {
    for (const entry of entries) {
      if ('rejected' in entry) {
        yield { entry: entry.name, offset: 0, bytes: 0, rejected: entry.rejected };
        continue;
      }
      const gap = archive ? entry.offset - archive.at : Number.POSITIVE_INFINITY;
      if (archive && gap >= 0 && gap <= MOST_PASSED_OVER) {
        await archive.reader.skip(gap);
      } else {
        await archive?.reader.close();
        archive = { reader: readInParts(object.open(entry.offset, object.bytes)), at: 0 };
      }
      const content = openEntry(archive.reader, entry);
      for await (const span of readEntry(content, entry, reader)) yield { entry: entry.name, ...span };
      archive.at = entry.offset + content.taken();
    }
  } finally {
    await archive?.reader.close();
  }
}

/**
 * An entry's checksum is behind its last byte. One of a record's size is held, and not read where it is another; of a
 * larger one the records that came out stay.
 */
async function* readEntry<Item>(
  content: EntryContent,
  entry: ZipEntry,
  reader: RecordReader<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  if (entry.bytes > MAX_ITEM_BYTES) {
    yield* readTextRecords(content.bytes, reader);
    const damage = content.damage();
    if (damage) yield { offset: content.at(), bytes: 0, ...damage };
    return;
  }
  const checked = await checkedText(content);
  if ('rejected' in checked) yield { offset: 0, bytes: content.at(), ...checked };
  else yield* readTextRecords(inOneChunk(checked.text), reader);
}

/** Bytes. Passing over them takes less time than another request. */
const MOST_PASSED_OVER = 1_048_576;

type EntryContent = ReturnType<typeof openEntry>;

/** The entry's text; afterwards, what is wrong with it. `archive` is at the entry's local header. */
function openEntry(archive: ByteReader, entry: ZipEntry) {
  let at = 0;
  let taken = 0;
  let sum = 0;
  let damage: RejectedItem | undefined;
  const broken = (how: string) => reject('broken_entry', `the archive is damaged or cut off inside it (${how})`);
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const header = await archive.take(LOCAL_HEADER_BYTES);
    taken += header.length;
    if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE() !== LOCAL_HEADER) {
      damage = broken('it does not begin where the directory says');
      return;
    }
    const [nameBytes, extraBytes] = [header.readUInt16LE(26), header.readUInt16LE(28)];
    // Lengths that lie would take other entries' bytes for this one's.
    if (LOCAL_HEADER_BYTES + nameBytes + extraBytes + entry.compressedBytes > entry.room) {
      damage = reject('archive_bomb', OVERLAPS);
      return;
    }
    const name = await archive.take(nameBytes);
    taken += name.length;
    if (!name.equals(entry.nameBytes)) {
      damage = broken('its own header has another name than the directory');
      return;
    }
    taken += await archive.skip(extraBytes);
    const inflated = decompressEntry(counted(), entry.method);
    for await (const chunk of inflated.bytes) {
      at += chunk.length;
      if (at > entry.bytes) {
        damage = broken(LARGER);
        return;
      }
      sum = crc32(chunk, sum);
      yield chunk;
    }
    const how = inflated.ending()?.detail;
    if (how !== undefined) damage = broken(how);
    else if (at < entry.bytes) damage = broken('it is smaller than the directory says');
    else if (sum !== entry.crc32) damage = broken('its checksum differs from that in the directory');
  }
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of archive.pass(entry.compressedBytes)) {
      taken += chunk.length;
      yield chunk;
    }
  }
  return { bytes: bytes(), at: () => at, taken: () => taken, damage: () => damage };
}

const LOCAL_HEADER = 0x04034b50;
const LARGER = 'it is larger than the directory says';

function decompressEntry(compressed: AsyncIterable<Uint8Array>, method: ZipEntry['method']): Decompressed {
  if (method === 'stored') return { bytes: compressed, ending: () => undefined };
  if (method === 'zstd') return unzstd(compressed);
  return decompress(inPieces(compressed, PIECE_BYTES), {
    open: () => inflating(createInflateRaw({ chunkSize: INFLATED_CHUNK_BYTES })),
    bytesOf: (piece) => piece.length,
    broken: (at, how) => ({ at, reason: 'broken_entry', detail: how }),
  });
}
