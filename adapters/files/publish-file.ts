import { closeSync, fdatasync, linkSync, renameSync, unlinkSync, write } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CorruptObject, StoreRefused } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import type { Written } from '../../lib/objects/store.ts';
import { codeOf, fileError } from './file-errors.ts';
import { entryAt, type FileTree, pathOf } from './file-tree.ts';
import { makeFolder } from './make-folder.ts';
import { openInside } from './open-inside.ts';
import { temporaryName } from './temporary-files.ts';

interface Publishing {
  readonly ifAbsent: boolean;
  /** CRC-32 that the bytes must have. */
  readonly expected: number | undefined;
  /** Objects on their way to the disk. */
  readonly syncs: Set<Promise<void>>;
}

/** Writes the file under a temporary name, and then gives it its own. */
export async function publishFile(
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
    return openNew(top, temporary);
  } catch (error) {
    removeIfThere(temporary);
    if (codeOf(error) !== 'ENOENT') throw fileError(path, error);
    throw new StoreRefused(`${path}: its directory cannot be created; check the path and the links in it (ENOENT).`, {
      cause: error,
    });
  }
}

function openNew(top: FileTree, path: string): number {
  try {
    return openInside(top, path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  makeFolder(dirname(path));
  return openInside(top, path, 'wx');
}

export function removeIfThere(path: string): void {
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
  const throwFileError = (error: unknown) => {
    throw fileError(path, error);
  };
  try {
    for await (const chunk of body) {
      await writeWhole(file, chunk).catch(throwFileError);
      crc = crc32(chunk, crc);
      bytes += chunk.length;
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  const sync = syncBytes(file)
    .catch(throwFileError)
    .finally(() => closeSync(file));
  syncs.add(sync);
  // Where it failed it stays: nothing may be created any more that vouches for it.
  sync.then(
    () => syncs.delete(sync),
    () => {},
  );
  return { bytes, crc32: crc };
}

const writeBytes = promisify(write);
const syncBytes = promisify(fdatasync);

async function writeWhole(file: number, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await writeBytes(file, chunk, at)).bytesWritten;
}

/** Gives the file at `temporary` its name. */
export function place(temporary: string, path: string, ifAbsent: boolean): 'placed' | 'exists' {
  try {
    // Unlike a rename, a link never replaces.
    if (ifAbsent) linkSync(temporary, path);
    else renameSync(temporary, path);
    return 'placed';
  } catch (error) {
    if (ifAbsent && codeOf(error) === 'EEXIST' && !entryAt(path)?.isDirectory()) return 'exists';
    throw fileError(path, error);
  }
}

export function requireCrc(path: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new CorruptObject(
    `${path} should have CRC-32 ${expected}, but its parts have ${found}: a part changed. Run the step again.`,
  );
}
