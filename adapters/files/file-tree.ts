import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { StoreRefused } from '../../lib/errors.ts';
import type { Pin, StoredObject } from '../../lib/objects/store.ts';
import { codeOf, fileError } from './file-errors.ts';

/**
 * The files below `top` whose keys begin with `prefix`, in code-unit order of their keys. A link to a directory is
 * not followed (what it holds is listed where it stands), nor a link to a file outside `top`.
 */
export async function* listFiles(top: string, prefix: string): AsyncGenerator<StoredObject> {
  const realTop = await realpath(top).catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError(top, error);
  });
  if (realTop !== undefined) yield* walk({ top: realTop, prefix }, '');
}

/** A file that changes in place changes its pin, as long as it changes its length or the clock has ticked (some ms). */
export const pinOf = (file: BigIntStats): Pin => ({ etag: `${file.size}-${file.mtimeNs}-${file.ino}` });

export const isTemporary = (name: string): boolean => /^\.dpo-(?:[0-9a-f]{8}-)?[0-9a-f-]{36}\.tmp$/.test(name);

/** A directory whose files are reached by paths below it. */
export interface FileTree {
  /** Absolute. */
  readonly path: string;
  /** Throws where a symbolic link on the way to `path` leaves the tree. What does not exist yet leads nowhere. */
  requireInside(path: string): Promise<void>;
}

/** Folders are looked at once: a run has a few, and uses each many times. A link is looked at whenever it is used. */
export function openTree(root: string): FileTree {
  const top = resolve(root);
  const inside = new Set<string>();
  const check = async (path: string): Promise<void> => {
    const [realTop, realPath] = [await realExisting(top), await realExisting(path)];
    if (isInside(realTop, realPath)) return;
    throw new StoreRefused(`${path} leads out of ${top}, to ${realPath}: put the file itself there.`);
  };
  return {
    path: top,
    async requireInside(path) {
      const folder = dirname(path);
      if (inside.has(folder) && !(await isLink(path))) return;
      await check(path);
      if (await exists(folder)) inside.add(folder);
    },
  };
}

const isLink = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;

const exists = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined)) !== undefined;

interface Walk {
  readonly top: string;
  readonly prefix: string;
}

async function* walk(whole: Walk, folder: string): AsyncGenerator<StoredObject> {
  const { top, prefix } = whole;
  for (const { name, entry } of await entriesOf(top, folder)) {
    const key = `${folder}${name}`;
    if (entry.isDirectory()) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(whole, key);
    } else if (key.startsWith(prefix) && !isTemporary(name)) {
      const file = await statFile(top, key, entry);
      if (file) yield { key, bytes: Number(file.size), ...pinOf(file) };
    }
  }
}

/** A directory's name ends in `/`: so the entries' order is that of the keys below them. */
async function entriesOf(top: string, folder: string): Promise<{ name: string; entry: Dirent }[]> {
  const path = join(top, folder);
  const entries = await readdir(path, { withFileTypes: true }).catch((error) => {
    if (codeOf(error) === 'ENOENT' && folder !== '') return [];
    throw fileError(path, error);
  });
  return entries
    .map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, entry }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Undefined for what is no file, is gone meanwhile, or leads out of `top`. */
async function statFile(top: string, key: string, entry: Dirent): Promise<BigIntStats | undefined> {
  const path = join(top, key);
  try {
    if (entry.isSymbolicLink() && !isInside(top, await realpath(path))) return undefined;
    const file = await stat(path, { bigint: true });
    return file.isFile() ? file : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError(path, error);
  }
}

const isInside = (top: string, path: string): boolean =>
  path === top || path.startsWith(top.endsWith(sep) ? top : `${top}${sep}`);

/** The real path of `path`, or of its nearest ancestor that exists. */
async function realExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    return await realExisting(parent);
  }
}
