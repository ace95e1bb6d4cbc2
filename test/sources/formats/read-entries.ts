import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { parsePythonJson } from '../../../lib/sources/json/python-json.ts';
import type { RecordFormat } from '../../../lib/sources/source-format.ts';

/*
 * Archives and folders without the product's containers: what a format joins is tested here, not how entries are read.
 */

/** Names of entries, and the text of one. */
export interface Entries {
  readonly names: readonly string[];
  readonly read: (name: string) => string;
}

/** The records that the format makes of the entries, in the order of their places. */
export const joinRecords = (format: RecordFormat, { names, read }: Entries): readonly unknown[] =>
  (format.joinEntries?.(names) ?? []).map(({ entries }) =>
    Object.fromEntries(
      Object.entries(entries).map(([key, found]) => [
        key,
        typeof found === 'string' ? parse(read(found)) : found.map((name) => parse(read(name))),
      ]),
    ),
  );

export const parse = (text: string): unknown => parsePythonJson(text)?.value;

export function folderEntries(folder: string): Entries {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
  return { names, read: (name) => readFileSync(join(folder, name), 'utf8') };
}

/** Reads the directory at the archive's end; entries of one frame only. */
export function zipEntries(path: string): Entries {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const found = new Map<string, () => string>();
  for (let at = zip.readUInt32LE(end + 16); at < end; ) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const [method, bytes, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    const name = zip.toString('utf8', at + 46, at + 46 + (nameBytes ?? 0));
    found.set(name, () => {
      const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(begin, begin + bytes);
      if (method === 0) return packed.toString();
      return (method === 93 ? zstdDecompressSync(packed) : inflateRawSync(packed)).toString();
    });
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
  return { names: [...found.keys()], read: (name) => found.get(name)?.() ?? '' };
}

/** The values of a file of JSON lines, blank lines left out. */
export const readLines = (path: string): readonly unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parse);
