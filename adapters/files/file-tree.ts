import { type BigIntStats, type Dirent, fstatSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { StoreRefused } from '../../lib/errors.ts';
import type { Pin, StoredObject } from '../../lib/objects/store.ts';
import { codeOf, fileError } from './file-errors.ts';
import { isTemporary } from './temporary-files.ts';

/**
 * The files below `top` whose keys begin with `prefix`, in code-unit order of their keys. A link to a directory within
 * is not followed: what it holds is listed where it is. A link that leads out of `top`, or nowhere, is listed as such.
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

/** A file as an object, but for its key. */
export const storedFile = (file: BigIntStats): Omit<StoredObject, 'key'> => ({
  bytes: Number(file.size),
  ...pinOf(file),
  file: `${file.dev}-${file.ino}`,
});

/**
 * A directory whose files are reached by paths below it. Calls about names and states run in this thread: they take
 * microseconds, and waiting for another thread takes many times as long. Reading, writing and syncing bytes run in others.
 */
export interface FileTree {
  /** Absolute. */
  readonly path: string;
  /** Throws where a symbolic link on the way to `path` leaves the tree. What does not exist yet leads nowhere. */
  requireInside(path: string): void;
  /** Throws where `file`, opened at `path`, lies outside the tree: a link may have been put there since it was looked at. */
  requireOpenedInside(file: number, path: string): void;
}

/**
 * Folders are looked at once: a run has a few, and uses each many times. A link is looked at whenever it is used. A file
 * that a person named (`named`, as keys) may be a link to anywhere, its folder not.
 */
export function openTree(root: string, named: ReadonlySet<string> = new Set()): FileTree {
  const top = resolve(root);
  const inside = new Set<string>();
  const namedPaths = new Set([...named].map((key) => join(top, key)));
  const check = (path: string, realPath: string): void => {
    if (isInside(realExisting(top), realPath)) return;
    throw new StoreRefused(
      `${path} is a link that leads out of ${top}, to ${realPath}. Name the file itself, or copy it there.`,
    );
  };
  return {
    path: top,
    requireInside(path) {
      const folder = dirname(path);
      if (inside.has(folder) && (namedPaths.has(path) || !entryAt(path)?.isSymbolicLink())) return;
      check(path, realExisting(namedPaths.has(path) ? folder : path));
      if (entryAt(folder)) inside.add(folder);
    },
    requireOpenedInside(file, path) {
      if (!namedPaths.has(path)) check(path, placeOf(file, path));
    },
  };
}

/**
 * Where an open file lies. Linux says it of the file itself. Elsewhere it is the path's place, as long as that is still the
 * same file.
 */
function placeOf(file: number, path: string): string {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${file}`);
  const place = realpathSync.native(path);
  const [opened, found] = [fstatSync(file, { bigint: true }), lstatSync(place, { bigint: true })];
  if (opened.dev === found.dev && opened.ino === found.ino) return place;
  throw new StoreRefused(`${path} was replaced while it was opened. Start again when no program changes it.`);
}

/** What has the path, a link as itself; undefined where nothing has it, or nobody may look. */
export function entryAt(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

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
      if (file === 'leads out') yield { key, bytes: 0, etag: '', leadsOut: true };
      else if (file) yield { key, ...storedFile(file), ...(entry.isSymbolicLink() && { isLink: true }) };
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

/** Undefined for what is no file, or is gone meanwhile. */
async function statFile(top: string, key: string, entry: Dirent): Promise<BigIntStats | 'leads out' | undefined> {
  const path = join(top, key);
  try {
    if (entry.isSymbolicLink() && !isInside(top, await realpath(path))) return 'leads out';
    const file = await stat(path, { bigint: true });
    return file.isFile() ? file : undefined;
  } catch (error) {
    if (codeOf(error) === 'ELOOP') return 'leads out';
    if (codeOf(error) === 'ENOENT') return entry.isSymbolicLink() ? 'leads out' : undefined;
    throw fileError(path, error);
  }
}

const isInside = (top: string, path: string): boolean =>
  path === top || path.startsWith(top.endsWith(sep) ? top : `${top}${sep}`);

/** The real path of `path`, or of its nearest ancestor that exists. */
function realExisting(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    return realExisting(parent);
  }
}

/** The path of a key. Throws {@link StoreRefused} where it would be none below the tree. */
export function pathOf({ path: top }: FileTree, key: string): string {
  const segments = key.split('/');
  const unusable = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (unusable || /[\\\0]/.test(key) || isTemporary(segments.at(-1) ?? '')) {
    throw new StoreRefused(
      `The key ${JSON.stringify(key)} is not a path below ${top}. Separate segments with "/"; no segment may be empty, "." or "..", or contain a backslash.`,
    );
  }
  return join(top, ...segments);
}
