/** Paths by the folder that they lie in, which ends in `/` or is empty for the root. */
export function groupByFolder(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = folderOf(path);
    const here = folders.get(folder);
    if (here) here.push(path);
    else folders.set(folder, [path]);
  }
  return folders;
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The folders above a folder, the nearest first; the root is the last. */
export function foldersAbove(folder: string): string[] {
  const above: string[] = [];
  for (let at = folder; at !== ''; ) {
    at = folderOf(at.slice(0, -1));
    above.push(at);
  }
  return above;
}
