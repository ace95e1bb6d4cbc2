/*
 * What a folder holds beside traces, by name alone. A file that a person names is read whatever it is called.
 */

/** Files so named may hold records; others are there for other reasons (a README, a log, weights). */
const SOURCE_NAME = /\.(?:(?:json|jsonl|ndjson|csv|tsv)(?:\.gz|\.zst)?|parquet|eval|zip)$/i;

export const isSourceName = (path: string): boolean => SOURCE_NAME.test(path);

/**
 * Whether a name on the path begins with "." or "_", as those of checkpoints of notebooks, of what macOS leaves beside files
 * and of logs of tables do. Spark, Athena and Arrow pass over the same.
 */
export const isHidden = (path: string): boolean => /(?:^|\/)[._]/.test(path);

/**
 * Whether it is an upload, or an archive's entry, that nobody means: what macOS and notebooks leave beside files. A name of
 * one's own may begin with "_".
 */
export const isLeftBeside = (path: string): boolean => /(?:^|\/)(?:\.(?!\.?(?:\/|$))|__)/.test(path);

/** The path below a prefix. A name that the prefix begins is the caller's own choice. */
export function pathBelow(prefix: string, key: string): string {
  const rest = key.slice(prefix.length);
  return prefix === '' || prefix.endsWith('/') ? rest : rest.slice(rest.indexOf('/') + 1 || rest.length);
}

/** The folders, each with its "/" at the end, in which runs of this project lie among the paths. */
export function findRunFolders(paths: readonly string[]): readonly string[] {
  const known = new Set(paths);
  return paths.flatMap((path) => {
    const folder = /^(.*\/|)request\.json$/.exec(path)?.[1];
    return folder !== undefined && known.has(`${folder}plan.json`) ? [folder] : [];
  });
}

export interface BesideEntry {
  readonly why: 'hidden' | 'name';
  readonly name: string;
}

/**
 * Of the names of an archive's entries those that are passed over: what macOS and notebooks leave, and, as in a folder,
 * other names than those of records. Where no entry has such a name, all are read.
 */
export function sortEntryNames(names: Iterable<string>): readonly BesideEntry[] {
  const files = [...names].filter((name) => !name.endsWith('/'));
  const shown = files.filter((name) => !isLeftBeside(name));
  const hidden = files.filter(isLeftBeside).map((name) => ({ why: 'hidden', name }) as const);
  const others = shown.filter((name) => !isSourceName(name)).map((name) => ({ why: 'name', name }) as const);
  return others.length === shown.length ? hidden : [...hidden, ...others];
}
