/** Paths by the folder that they lie in, which ends in `/` or is empty for the root. */
export const groupByFolder = (paths: readonly string[]): ReadonlyMap<string, readonly string[]> =>
  Map.groupBy(paths, folderOf);

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
