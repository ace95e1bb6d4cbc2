import { isContainerSlice, type Slice } from '../../contract/plan.ts';
import { inOneChunk } from '../../objects/store.ts';
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
  const stored = await begun();
  const { bytes } = (container === 'gzip' ? gunzip : unzstd)(inOneChunk(stored));
  let text = 0;
  for await (const chunk of bytes) text += chunk.length;
  return (place.text * stored.length) / Math.max(text, 1);
}

/** 1 MiB: of compressed text, enough to know how much longer it is. */
const BEGINNING_BYTES = 1_048_576;

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

async function readBytes(object: PinnedObject, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of object.open(0, Math.min(most, object.bytes))) chunks.push(chunk);
  return Buffer.concat(chunks);
}
