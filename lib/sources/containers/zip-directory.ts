import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  validateFileName,
} from 'yauzl';
import { sortEntryNames } from '../beside-traces.ts';
import { MAX_ITEM_BYTES, type RejectedItem, reject } from '../record.ts';
import { readWhole } from './byte-reader.ts';
import type { PinnedObject } from './container.ts';
import { MAX_RATIO } from './gunzip.ts';
import { watchStore } from './watched-store.ts';
import { MAX_ZSTD_RATIO } from './zstd.ts';

/** One file of an archive, as the archive's directory has it. */
export interface ZipEntry {
  readonly name: string;
  /** The byte of the archive at which its local header begins, and with it the entry. */
  readonly offset: number;
  readonly method: 'stored' | 'deflate' | 'zstd';
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly crc32: number;
  /** As its local header has to repeat it. */
  readonly nameBytes: Buffer;
  /** The bytes up to where the next entry begins. */
  readonly room: number;
}

/** In the order of the archive's bytes. */
export type ZipDirectory = readonly (ZipEntry | (Pick<ZipEntry, 'name' | 'offset'> & RejectedItem))[];

/**
 * The entries of an archive, without folders and without what lies beside records. The last one of a name counts, as in
 * Python's zipfile. An archive without a directory at its end, as a killed writer leaves it, is rejected whole.
 */
export async function readZipDirectory(object: PinnedObject) {
  const store = watchStore(object);
  const reader = new WindowReader(store.object);
  try {
    const zip = await fromRandomAccessReaderPromise(reader, object.bytes, {
      // Names are judged one by one: a bad one must not take the archive with it.
      decodeStrings: false,
      validateEntrySizes: false,
      autoClose: false,
    });
    if (zip.entryCount > MAX_ENTRIES) {
      return reject('archive_bomb', `it says that it holds ${zip.entryCount} entries; at most ${MAX_ENTRIES} are read`);
    }
    const found: Entry[] = [];
    for await (const entry of zip.eachEntry()) found.push(entry);
    return judgeEntries(found, object.bytes);
  } catch (error) {
    store.throwIfFailed();
    const how = error instanceof Error ? error.message : String(error);
    if (/strong encryption/.test(how)) return reject('encrypted', ENCRYPTED);
    return reject(
      'broken_archive',
      `it begins as a zip archive, but its directory cannot be read, so it is cut short or damaged (${how})`,
    );
  }
}

/** Two million would be 400 MB of names and sizes. */
const MAX_ENTRIES = 500_000;

function judgeEntries(found: readonly Entry[], archiveBytes: number) {
  const named = found.map((entry) => ({
    entry,
    name: getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false),
    // One that is said to be behind the archive's end is still in a slice, so that it is missed.
    offset: Math.min(entry.relativeOffsetOfLocalHeader, archiveBytes - 1),
  }));
  const last = new Map(named.map(({ name, entry }) => [name, entry]));
  const inOrder = named.toSorted((a, b) => a.offset - b.offset);
  /** Entries that are passed over by their names. */
  const beside = sortEntryNames(last.keys());
  const isBeside = new Set(beside.map(({ name }) => name));
  const entries: ZipDirectory = inOrder
    .map(({ entry, name, offset }, at) => {
      const judged =
        last.get(name) === entry
          ? judgeEntry(entry, name, inOrder[at + 1]?.offset ?? archiveBytes)
          : reject('replaced_by_later_entry', 'a later entry of the archive has the same name');
      return { name, offset, ...judged };
    })
    .filter(({ name }) => !name.endsWith('/') && !isBeside.has(name));
  return { entries, beside };
}

function judgeEntry(entry: Entry, name: string, next: number): Omit<ZipEntry, 'name' | 'offset'> | RejectedItem {
  const { compressedSize, uncompressedSize, compressionMethod, crc32 } = entry;
  if (validateFileName(name) !== null || name.includes('\0')) {
    return reject('unsafe_entry_name', 'its name leads out of the archive ("..", or from the root); rename the entry');
  }
  if (entry.isEncrypted()) return reject('encrypted', ENCRYPTED);
  const method = METHODS[compressionMethod];
  if (!method) {
    return reject(
      'unknown_compression',
      `it is compressed by method ${compressionMethod}; deflate (8) and zstd (93) are read`,
    );
  }
  // Archives whose entries share their bytes make petabytes of megabytes.
  const room = next - entry.relativeOffsetOfLocalHeader;
  if (LOCAL_HEADER_BYTES + compressedSize > room) {
    return reject('archive_bomb', OVERLAPS);
  }
  if (uncompressedSize > MAX_ITEM_BYTES && uncompressedSize > maxRatio(method) * compressedSize) {
    return reject(
      'archive_bomb',
      `it inflates to more than ${maxRatio(method)} times its size, more than any records; if it holds records, store it uncompressed`,
    );
  }
  const nameBytes = entry.fileNameRaw;
  return { method, compressedBytes: compressedSize, bytes: uncompressedSize, crc32, nameBytes, room };
}

const maxRatio = (method: ZipEntry['method']): number => (method === 'zstd' ? MAX_ZSTD_RATIO : MAX_RATIO);

const METHODS: { readonly [method: number]: ZipEntry['method'] } = { 0: 'stored', 8: 'deflate', 93: 'zstd' };

/** Behind it come name and extra fields, each as long as it says. */
export const LOCAL_HEADER_BYTES = 30;

export const OVERLAPS = 'its bytes overlap those of the next entry';
const ENCRYPTED = 'it is encrypted; decrypt it first';

/** The directory lies at the archive's end and is read in steps of some bytes: they come from windows of 1 MiB. */
class WindowReader extends RandomAccessReader {
  readonly #object: PinnedObject;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(object: PinnedObject) {
    super();
    this.#object = object;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#copy(buffer.subarray(offset, offset + length), position).then(
      (copied) => callback(null, copied),
      (cause: unknown) => callback(new Error('the store failed', { cause })),
    );
  }

  async #copy(target: Buffer, position: number): Promise<number> {
    if (position < this.#start || position + target.length > this.#start + this.#window.length) {
      const end = Math.min(position + Math.max(target.length, WINDOW_BYTES), this.#object.bytes);
      if (position >= end) return 0;
      this.#window = (await readWhole(this.#object.open(position, end), WINDOW_BYTES)) ?? Buffer.alloc(0);
      this.#start = position;
    }
    return this.#window.copy(target, 0, position - this.#start);
  }
}

const WINDOW_BYTES = 1_048_576;
