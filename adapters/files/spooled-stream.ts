import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { InputChanged } from '../../lib/errors.ts';
import type { ObjectStore, Pin, StoredObject } from '../../lib/objects/store.ts';
import { fileError } from './file-errors.ts';
import { fileStore } from './file-store.ts';
import { removeFilesOfDeadProcesses, temporaryName } from './temporary-files.ts';

/** A stream that was kept in a file, so that it can be cut and read again. As data: each thread opens its own store. */
export interface SpooledStream {
  readonly path: string;
  /** Of its bytes: the same stream is the same input, whenever and wherever it was kept. */
  readonly sha256: string;
}

/** Keeps the stream in a file that only this user can read. It is removed when the process ends. */
export async function spoolStream(stream: Readable, name: string): Promise<SpooledStream> {
  const temporary = tmpdir();
  removeFilesOfDeadProcesses(pathToFileURL(temporary + sep), { recursive: false });
  const folder = join(temporary, temporaryName());
  const path = join(folder, name);
  const hash = createHash('sha256');
  try {
    mkdirSync(folder, { mode: 0o700 });
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await pipeline(
      stream,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    );
  } catch (error) {
    throw fileError(path, error);
  }
  return { path, sha256: hash.digest('hex') };
}

/** The stream as the one object of a store, pinned by its bytes. */
export function spooledStore({ path, sha256 }: SpooledStream, name: string): ObjectStore {
  const file = fileStore(dirname(path));
  const pinned = (object: StoredObject): StoredObject => ({ ...object, etag: sha256 });
  return {
    ...file,
    name,
    head: async (key) => {
      const object = await file.head(key);
      return object && pinned(object);
    },
    read: (key, options) => {
      requireSame(options?.pin, sha256);
      return file.read(key, { ...options, pin: undefined });
    },
    list: async function* (prefix) {
      if (basename(path).startsWith(prefix)) for await (const object of file.list(prefix)) yield pinned(object);
    },
  };
}

function requireSame(pin: Pin | undefined, sha256: string): void {
  if (pin === undefined || pin.etag === sha256) return;
  throw new InputChanged(
    'Standard input differs from the input that this run was planned with. Start a new run over the new input.',
  );
}
