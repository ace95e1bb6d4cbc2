import { CorruptObject, InputChanged, ObjectNotFound } from '../errors.ts';
import { combineCrc32, crc32 } from './checksum.ts';
import type { ComposePart, ObjectStore, Pin } from './store.ts';

/** A store whose objects are in memory. */
export interface MemoryStore extends ObjectStore {
  /** By their keys. */
  readonly objects: Map<string, Buffer>;
}

/** A bucket in memory, empty at first: for programs and tests that need no files. */
export function memoryStore(name = 'memory', chunkBytes = 65_536): MemoryStore {
  const objects = new Map<string, Buffer>();
  const etag = (bytes: Buffer): string => `"${crc32(bytes).toString(16)}-${bytes.length}"`;
  const stored = (key: string, bytes: Buffer) => ({ key, bytes: bytes.length, etag: etag(bytes) });
  const get = (key: string): Buffer => {
    const bytes = objects.get(key);
    if (!bytes) throw new ObjectNotFound(`${name}/${key} does not exist: check the key.`);
    return bytes;
  };
  const getPinned = (key: string, pin: Pin | undefined): Buffer => {
    const bytes = objects.get(key);
    if (!pin || (bytes && pin.etag === etag(bytes))) return get(key);
    throw new InputChanged(
      `${name}/${key} changed after the run was planned. Start a new run over the current version.`,
    );
  };
  const part = ({ key, start = 0, bytes }: ComposePart): Buffer => {
    const piece = get(key).subarray(start, start + bytes);
    if (piece.length === bytes) return piece;
    throw new CorruptObject(
      `${name}/${key} should have ${bytes} bytes from ${start} on, but has ${piece.length}: it changed. Run the step again.`,
    );
  };
  return {
    name,
    objects,
    head: async (key) => {
      const bytes = objects.get(key);
      return bytes && stored(key, bytes);
    },
    async *read(key, { pin, start = 0, end } = {}) {
      const range = getPinned(key, pin).subarray(start, end);
      for (let at = 0; at < range.length; at += chunkBytes) yield Buffer.from(range.subarray(at, at + chunkBytes));
    },
    create: async (key, body) => {
      if (objects.has(key)) return 'exists';
      objects.set(key, Buffer.from(body));
      return 'created';
    },
    write: async (key, body, options) => {
      const bytes = Buffer.concat(await Array.fromAsync(body));
      if (options?.ifAbsent && objects.has(key)) return 'exists';
      objects.set(key, bytes);
      return { bytes: bytes.length, crc32: crc32(bytes) };
    },
    compose: async (key, parts, options) => {
      const pieces = parts.map(part);
      const combined = pieces.reduce((sum, piece) => combineCrc32(sum, crc32(piece), piece.length), 0);
      if (options?.crc32 !== undefined && options.crc32 !== combined) {
        throw new CorruptObject(
          `${name}/${key} should have CRC-32 ${options.crc32}, but its parts have ${combined}: a part changed. Run the step again.`,
        );
      }
      objects.set(key, Buffer.concat(pieces));
      for (const { length } of pieces) options?.onCopied?.(length);
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].sort()) {
        const bytes = objects.get(key);
        if (bytes && key.startsWith(prefix)) yield stored(key, bytes);
      }
    },
    remove: async (key) => {
      objects.delete(key);
    },
  };
}
