import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  read,
  renameSync,
  stat,
  unlinkSync,
  write,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CorruptObject, InputChanged, ObjectNotFound, StoreRefused } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import {
  type ComposePart,
  inOneChunk,
  type ObjectStore,
  type Pin,
  type ReadOptions,
  type StoredObject,
  type Written,
} from '../../lib/objects/store.ts';
import { codeOf, fileError } from './file-errors.ts';
import { type FileTree, listFiles, openTree, pinOf, storedFile } from './file-tree.ts';
import { makeFolder } from './make-folder.ts';
import { isTemporary, temporaryName } from './temporary-files.ts';

/**
 * A directory as an object store: a key is a path below it, `/` between its segments. An object is written under a
 * temporary name beside its own, then linked or renamed: readers see all of it or nothing, also after a crash.
 *
 * After a power cut too, for what counts: an object that is created (a summary, a manifest) vouches for what was written
 * before it, so all of that is on the disk first. Until then the disk works while the program does.
 *
 * No key leads out of the directory by a symbolic link, but those that a person has `named`.
 */
export function fileStore(root: string, named?: ReadonlySet<string>): ObjectStore {
  const top = openTree(root, named);
  const syncs = new Set<Promise<void>>();
  const write = (key: string, body: AsyncIterable<Uint8Array>, ifAbsent: boolean, expected?: number) =>
    publish(top, key, body, { ifAbsent, expected, syncs });
  return {
    name: top.path,
    head: (key) => headFile(top, key),
    read: (key, options) => readFile(top, key, options),
    create: async (key, body) => {
      await Promise.all(syncs);
      const written = await write(key, inOneChunk(body), true);
      await Promise.all(syncs);
      return written === 'exists' ? 'exists' : 'created';
    },
    write: (key, body, options) => write(key, body, options?.ifAbsent ?? false),
    compose: async (key, parts, { crc32: expected, onCopied = () => {} } = {}) => {
      if (await linkOnlyPart(top, key, parts, expected)) onCopied(sumBytes(parts));
      else await write(key, telling(partsOf(top, parts), onCopied), false, expected);
    },
    list: (prefix) => listFiles(top.path, prefix),
    remove: async (key) => removeFile(top, key),
  };
}

/** Bytes read at once: few system calls, little memory. */
const READ_BYTES = 2 ** 20;

async function headFile(top: FileTree, key: string): Promise<StoredObject | undefined> {
  const path = pathOf(top, key);
  try {
    top.requireInside(path);
    const there = await stateAt(path, { bigint: true });
    return there.isFile() ? { key, ...storedFile(there) } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw fileError(path, error);
  }
}

/** `bufferOf` gives the memory for a chunk of so many bytes; two are in use at a time. */
async function* readFile(
  top: FileTree,
  key: string,
  options: ReadOptions = {},
  bufferOf: (bytes: number) => Buffer = Buffer.allocUnsafe,
): AsyncGenerator<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = options;
  if (end <= start) return;
  const path = pathOf(top, key);
  const file = openFile(top, path, options.pin);
  let ahead: ReturnType<typeof readBytes<Buffer>> | undefined;
  try {
    const { pin, bytes } = stateOf(file, path);
    if (options.pin && pin.etag !== options.pin.etag) throw changed(path);
    const last = Math.min(end, bytes);
    let at = start;
    const readOn = () => {
      if (at >= last) return undefined;
      const buffer = bufferOf(Math.min(READ_BYTES, last - at));
      const reading = readBytes(file, buffer, 0, buffer.length, at);
      // Looked at when its turn comes, which may be never.
      reading.catch(() => {});
      return reading;
    };
    // One chunk ahead: the disk works while the reader does.
    for (ahead = readOn(); ahead; ) {
      const { bytesRead, buffer } = await ahead.catch((error) => {
        throw fileError(path, error);
      });
      if (bytesRead === 0) throw changed(path);
      at += bytesRead;
      ahead = readOn();
      yield buffer.subarray(0, bytesRead);
    }
    if (stateOf(file, path).pin.etag !== pin.etag) throw changed(path);
  } finally {
    // A number of a file that is closed may be another file's by the time it is read.
    await ahead?.catch(() => {});
    closeSync(file);
  }
}

// Bytes are read and written, and reach the disk, in other threads. Names and states are asked for in this one: it takes
// microseconds, and to wait for another thread that does it takes many times as long.
const readBytes = promisify(read);
const writeBytes = promisify(write);
const syncBytes = promisify(fdatasync);
const stateAt = promisify(stat);

function openFile(top: FileTree, path: string, pin: Pin | undefined): number {
  try {
    top.requireInside(path);
    return requireInside(openSync(path, READ), top, path);
  } catch (error) {
    if (!isAbsent(error)) throw fileError(path, error);
    if (pin) throw changed(path, error);
    throw notFound(path, error);
  }
}

/** Without waiting for a writer, should a pipe stand there. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function requireInside(file: number, top: FileTree, path: string): number {
  try {
    top.requireOpenedInside(file, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function stateOf(file: number, path: string): { pin: Pin; bytes: number } {
  const now = fstatSync(file, { bigint: true });
  if (!now.isFile()) throw notFound(path);
  return { pin: pinOf(now), bytes: Number(now.size) };
}

interface Publishing {
  readonly ifAbsent: boolean;
  /** CRC-32 that the bytes must have. */
  readonly expected: number | undefined;
  /** Objects on their way to the disk. */
  readonly syncs: Set<Promise<void>>;
}

async function publish(
  top: FileTree,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { ifAbsent, expected, syncs }: Publishing,
): Promise<Written | 'exists'> {
  const path = pathOf(top, key);
  const temporary = join(dirname(path), temporaryName());
  const file = begin(top, path, temporary);
  let renamed = false;
  try {
    const written = await fill(file, path, body, syncs);
    if (expected !== undefined) requireCrc(path, written.crc32, expected);
    const placed = place(temporary, path, ifAbsent);
    renamed = !ifAbsent;
    return placed === 'exists' ? 'exists' : written;
  } finally {
    if (!renamed) removeIfThere(temporary);
  }
}

function begin(top: FileTree, path: string, temporary: string): number {
  try {
    // Before a directory is made through a link that leaves the root.
    top.requireInside(path);
    const file = openNew(temporary);
    try {
      return requireInside(file, top, temporary);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw fileError(path, error);
    throw new StoreRefused(`${path}: its directory cannot be created; check the path and the links in it (ENOENT).`, {
      cause: error,
    });
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  makeFolder(dirname(path));
  return openSync(path, 'wx');
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or its folder is.
  }
}

/** Errors of the body pass as they are: they are not the file's. */
async function fill(
  file: number,
  path: string,
  body: AsyncIterable<Uint8Array>,
  syncs: Set<Promise<void>>,
): Promise<Written> {
  let bytes = 0;
  let crc = 0;
  const told = (error: unknown) => {
    throw fileError(path, error);
  };
  try {
    for await (const chunk of body) {
      await writeWhole(file, chunk).catch(told);
      crc = crc32(chunk, crc);
      bytes += chunk.length;
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  const sync = syncBytes(file)
    .catch(told)
    .finally(() => closeSync(file));
  syncs.add(sync);
  // Where it failed it stays: nothing may be created any more that vouches for it.
  sync.then(
    () => syncs.delete(sync),
    () => {},
  );
  return { bytes, crc32: crc };
}

async function writeWhole(file: number, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await writeBytes(file, chunk, at)).bytesWritten;
}

function place(temporary: string, path: string, ifAbsent: boolean): 'placed' | 'exists' {
  try {
    // Unlike a rename, a link never replaces.
    if (ifAbsent) linkSync(temporary, path);
    else renameSync(temporary, path);
    return 'placed';
  } catch (error) {
    if (ifAbsent && codeOf(error) === 'EEXIST' && !isFolder(path)) return 'exists';
    throw fileError(path, error);
  }
}

const isFolder = (path: string): boolean => {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
};

/**
 * One whole object under another name needs no copy: objects never change, they are only replaced. False where the parts
 * are others, or the file system has no links.
 */
async function linkOnlyPart(
  top: FileTree,
  key: string,
  parts: readonly ComposePart[],
  expected: number | undefined,
): Promise<boolean> {
  const [only, ...more] = parts.filter(({ bytes }) => bytes > 0);
  if (!only || more.length > 0 || (only.start ?? 0) !== 0) return false;
  if ((await headFile(top, only.key))?.bytes !== only.bytes) return false;
  const path = pathOf(top, key);
  if (expected !== undefined) requireCrc(path, await crcOf(partsOf(top, [only])), expected);
  const temporary = join(dirname(path), temporaryName());
  try {
    top.requireInside(path);
    makeFolder(dirname(path));
    linkSync(pathOf(top, only.key), temporary);
  } catch {
    // Copying will do, or say what is wrong.
    return false;
  }
  try {
    place(temporary, path, false);
  } finally {
    // Also where all went well: of two names of one file a rename keeps both.
    removeIfThere(temporary);
  }
  return true;
}

async function crcOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let crc = 0;
  for await (const chunk of body) crc = crc32(chunk, crc);
  return crc;
}

function requireCrc(path: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new CorruptObject(
    `${path} should have CRC-32 ${expected}, but its parts have ${found}: a part changed. Run the step again.`,
  );
}

function removeFile(top: FileTree, key: string): void {
  const path = pathOf(top, key);
  try {
    top.requireInside(path);
    unlinkSync(path);
  } catch (error) {
    // A directory is no object.
    if (isAbsent(error) || codeOf(error) === 'EISDIR') return;
    throw fileError(path, error);
  }
}

/** A chunk is good until the next is asked for: what is copied leaves no garbage, which would grow with it. */
async function* partsOf(top: FileTree, parts: readonly ComposePart[]): AsyncGenerator<Uint8Array> {
  const bufferOf = twoInTurn();
  for (const { key, start = 0, bytes } of parts) {
    if (bytes === 0) continue;
    let got = 0;
    for await (const chunk of readFile(top, key, { start, end: start + bytes }, bufferOf)) {
      got += chunk.length;
      yield chunk;
    }
    if (got !== bytes) {
      throw new CorruptObject(
        `${pathOf(top, key)} should have ${bytes} bytes from ${start} on, but has ${got}: it changed. Run the step again.`,
      );
    }
  }
}

/** Reports each chunk when the next one is asked for: by then it is written. */
async function* telling(
  body: AsyncIterable<Uint8Array>,
  onWritten: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    onWritten(chunk.length);
  }
}

const sumBytes = (parts: readonly ComposePart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

function twoInTurn(): (bytes: number) => Buffer {
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] as const;
  let turn: 0 | 1 = 0;
  return (bytes) => {
    turn = turn === 0 ? 1 : 0;
    return buffers[turn].subarray(0, bytes);
  };
}

function pathOf({ path: top }: FileTree, key: string): string {
  const segments = key.split('/');
  const unusable = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (unusable || /[\\\0]/.test(key) || isTemporary(segments.at(-1) ?? '')) {
    throw new StoreRefused(
      `The key ${JSON.stringify(key)} is not a path below ${top}. Separate segments with "/"; no segment may be empty, "." or "..", or contain a backslash.`,
    );
  }
  return join(top, ...segments);
}

const isAbsent = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

const notFound = (path: string, cause?: unknown) =>
  new ObjectNotFound(`${path} does not exist: check the path.`, { cause });

const changed = (path: string, cause?: unknown) =>
  new InputChanged(`${path} changed after the run was planned. Start a new run over the current version.`, { cause });
