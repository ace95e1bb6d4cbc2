import { linkSync, stat, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CorruptObject } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import { type ComposePart, inOneChunk, type ObjectStore, type StoredObject } from '../../lib/objects/store.ts';
import { codeOf, fileError, isAbsent } from './file-errors.ts';
import { type FileTree, listFiles, openTree, pathOf, storedFile } from './file-tree.ts';
import { makeFolder } from './make-folder.ts';
import { place, publishFile, removeIfThere, requireCrc } from './publish-file.ts';
import { readFile, twoBuffers } from './read-file.ts';
import { temporaryName } from './temporary-files.ts';

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
    publishFile(top, key, body, { ifAbsent, expected, syncs });
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

const stateAt = promisify(stat);

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
  const bufferOf = twoBuffers();
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
