import { isContainerSlice, type Slice } from '../../contract/plan.ts';
import { inOneChunk } from '../../objects/store.ts';
import { inPieces } from '../../sources/containers/byte-reader.ts';
import type { PinnedObject } from '../../sources/containers/container.ts';
import { detectContainer } from '../../sources/containers/detect.ts';
import { gunzip } from '../../sources/containers/gunzip.ts';
import { readZipDirectory } from '../../sources/containers/zip-directory.ts';
import { unzstd } from '../../sources/containers/zstd.ts';
import type { Deps } from '../deps.ts';
import { openSlice } from '../source/read-records.ts';

/** Where a record begins: in the text, and after so many bytes of text. */
export interface TextPlace {
  readonly offset: number;
  /** Of an archive. */
  readonly entry?: string | undefined;
  readonly text: number;
}

/** Bytes of the slice, as they are stored, before the place; of all of it where there is none. */
export async function storedUpTo(slice: Slice, place: TextPlace | undefined, deps: Deps): Promise<number> {
  const object = openSlice(slice, deps);
  const begun = async () => readBytes(object, BEGINNING_BYTES);
  const container = isContainerSlice(slice)
    ? slice.container
    : slice.cut === null && place
      ? nameOf(detectContainer(await begun()))
      : 'lines';
  if (container === 'zip') return storedInArchive(slice, place, object);
  if (!place) return slice.end - slice.start;
  if (container !== 'gzip' && container !== 'zstd') return place.text;
  return place.text * (await storedPerText(await begun(), container));
}

/** 1 MiB: of compressed text, enough to know how much longer it is. */
const BEGINNING_BYTES = 1_048_576;

/** Most of the text that it is inflated to: of a bomb little is enough. */
const INFLATED_BYTES = 8_388_608;

/** Of a compressed object, by its beginning. */
async function storedPerText(beginning: Uint8Array, container: 'gzip' | 'zstd'): Promise<number> {
  let taken = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of inPieces(inOneChunk(beginning), PIECE_BYTES)) {
      taken += piece.length;
      yield piece;
    }
  }
  const { bytes } = (container === 'gzip' ? gunzip : unzstd)(pieces());
  let text = 0;
  for await (const chunk of bytes) {
    text += chunk.length;
    if (text >= INFLATED_BYTES) break;
  }
  return taken / Math.max(text, 1);
}

/** What a decompressor takes at once. */
const PIECE_BYTES = 16_384;

/** An entry is read as far as its text was. The archive's directory counts for all of them alike. */
async function storedInArchive(
  { start, end }: Slice,
  place: TextPlace | undefined,
  object: PinnedObject,
): Promise<number> {
  const directory = await readZipDirectory(object);
  const entries =
    'rejected' in directory ? [] : directory.entries.flatMap((entry) => ('rejected' in entry ? [] : entry));
  const last = entries.at(-1);
  if (!last) return end - start;
  const directoryAt = last.offset + last.compressedBytes;
  const entry = entries.find(({ name }) => name === place?.entry);
  const within = place && entry ? (place.offset / Math.max(entry.bytes, 1)) * entry.compressedBytes : 0;
  const upTo = entry ? entry.offset + within : Math.min(end, directoryAt);
  return Math.max(0, upTo - start) * (object.bytes / directoryAt);
}

const nameOf = (detected: ReturnType<typeof detectContainer>): string =>
  'container' in detected ? detected.container : 'lines';

const readBytes = async (object: PinnedObject, most: number): Promise<Uint8Array> =>
  Buffer.concat(await Array.fromAsync(object.open(0, Math.min(most, object.bytes))));
