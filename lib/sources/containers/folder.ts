/** Objects of one folder that are one record together: a trial, a trace. An object's key is the folder and its path. */
export interface FolderUnit {
  /** With its "/"; empty for the root. */
  readonly folder: string;
  /** In the order of the keys. */
  readonly paths: readonly string[];
}

export interface GroupedKeys {
  /** In code-unit order of their folders. */
  readonly units: readonly FolderUnit[];
  /** Keys outside every unit. */
  readonly others: readonly string[];
}

/**
 * Groups keys by the folders that are units: those that hold all `required` paths. Of two that lie in one another the
 * outer one is the unit, because a trial's own files may be anything, results of other trials included.
 */
export function groupByFolder(keys: readonly string[], required: readonly string[]): GroupedKeys {
  const folders = foldersHolding(keys, required);
  const units = new Map<string, string[]>();
  const others: string[] = [];
  for (const key of keys) {
    const folder = outermost(key, folders);
    if (folder === undefined) others.push(key);
    else if (units.has(folder)) units.get(folder)?.push(key.slice(folder.length));
    else units.set(folder, [key.slice(folder.length)]);
  }
  const inOrder = [...units].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { units: inOrder.map(([folder, paths]) => ({ folder, paths })), others };
}

function foldersHolding(keys: readonly string[], required: readonly string[]): ReadonlySet<string> {
  const [first = '', ...rest] = required;
  const known = new Set(keys);
  return new Set(
    keys
      .filter((key) => key === first || key.endsWith(`/${first}`))
      .map((key) => key.slice(0, key.length - first.length))
      .filter((folder) => rest.every((path) => known.has(folder + path))),
  );
}

function outermost(key: string, folders: ReadonlySet<string>): string | undefined {
  if (folders.has('')) return '';
  for (let slash = key.indexOf('/'); slash !== -1; slash = key.indexOf('/', slash + 1)) {
    const folder = key.slice(0, slash + 1);
    if (folders.has(folder)) return folder;
  }
  return undefined;
}
