import { closeSync, openSync } from 'node:fs';
import type { FileTree } from './file-tree.ts';

/** Opens the file. Throws where the open file lies outside the tree; nothing stays open then. */
export function openInside(top: FileTree, path: string, flags: string | number): number {
  const file = openSync(path, flags);
  try {
    top.requireOpenedInside(file, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
