import { closeSync, constants, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { InputChanged, ObjectNotFound } from '../../lib/errors.ts';
import type { Pin, ReadOptions } from '../../lib/objects/store.ts';
import { fileError, isAbsent } from './file-errors.ts';
import { type FileTree, pathOf, pinOf } from './file-tree.ts';
import { openInside } from './open-inside.ts';

/**
 * The file's bytes, or those of the range. `bufferOf` gives the memory for a chunk of so many bytes; two are in use at a
 * time.
 */
export async function* readFile(
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
    // The system may give the number of a closed file to another one, which this read would then read.
    await ahead?.catch(() => {});
    closeSync(file);
  }
}

const readBytes = promisify(read);

function openFile(top: FileTree, path: string, pin: Pin | undefined): number {
  try {
    top.requireInside(path);
    return openInside(top, path, READ);
  } catch (error) {
    if (!isAbsent(error)) throw fileError(path, error);
    if (pin) throw changed(path, error);
    throw notFound(path, error);
  }
}

/** Without waiting for a writer, should a pipe stand there. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function stateOf(file: number, path: string): { pin: Pin; bytes: number } {
  const now = fstatSync(file, { bigint: true });
  if (!now.isFile()) throw notFound(path);
  return { pin: pinOf(now), bytes: Number(now.size) };
}

const notFound = (path: string, cause?: unknown) =>
  new ObjectNotFound(`${path} does not exist: check the path.`, { cause });

const changed = (path: string, cause?: unknown) =>
  new InputChanged(`${path} changed after the run was planned. Start a new run over the current version.`, { cause });

/** Memory for two chunks, in turn. */
export function twoBuffers(): (bytes: number) => Buffer {
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] as const;
  let turn: 0 | 1 = 0;
  return (bytes) => {
    turn = turn === 0 ? 1 : 0;
    return buffers[turn].subarray(0, bytes);
  };
}

/** Bytes read at once: few system calls, little memory. */
const READ_BYTES = 2 ** 20;
