import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { memoryStore } from './memory-store.ts';

/** A store in memory that holds a file, under its name, or all files of a folder, under their paths in it. */
export async function storePath(path: string): Promise<ObjectStore & { readonly objects: Map<string, Buffer> }> {
  const store = memoryStore('traces');
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    : [''];
  for (const file of files) {
    const key = file === '' ? (path.split('/').at(-1) ?? path) : file;
    await store.create(key, readFileSync(join(path, file)));
  }
  return store;
}
