import { CorruptObject, InputChanged, ObjectNotFound } from '../../lib/errors.ts';
import { combineCrc32, crc32 } from '../../lib/objects/checksum.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';

/** A bucket in memory: for properties that need thousands of runs. Held to the port's contract like the real drivers. */
export function memoryStore(
  name = 'memory',
  chunkBytes = 65_536,
): ObjectStore & { readonly objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>();
  const etag = (bytes: Buffer): string => `"${crc32(bytes).toString(16)}-${bytes.length}"`;
  const stored = (key: string, bytes: Buffer) => ({ key, bytes: bytes.length, etag: etag(bytes) });
  const get = (key: string): Buffer => {
    const bytes = objects.get(key);
    if (!bytes) throw new ObjectNotFound(`${name}/${key} is not there.`);
    return bytes;
  };
  return {
    name,
    objects,
    head: async (key) => {
      const bytes = objects.get(key);
      return bytes && stored(key, bytes);
    },
    async *read(key, { pin, start = 0, end } = {}) {
      const bytes = get(key);
      if (pin && pin.etag !== etag(bytes)) throw new InputChanged(`${name}/${key} is not what it was.`);
      const range = bytes.subarray(start, end);
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
      const pieces = parts.map(({ key: part, start = 0, bytes }) => get(part).subarray(start, start + bytes));
      const whole = Buffer.concat(pieces);
      const combined = pieces.reduce((sum, piece) => combineCrc32(sum, crc32(piece), piece.length), 0);
      if (options?.crc32 !== undefined && options.crc32 !== combined) {
        throw new CorruptObject(`${name}/${key} was to have CRC-32 ${options.crc32}: a part changed.`);
      }
      objects.set(key, whole);
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
