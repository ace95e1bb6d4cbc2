/** What an offered entry is ranked by: the lowest `by` is kept, then the lowest hash, then the first name. */
export type Rank = { readonly by: number; readonly hash: number; readonly name: string };

/** Keeps the `size` entries of lowest rank, whatever order they come in. */
export type Reservoir<T> = {
  /** `make` is called only when the entry is kept (for now). */
  readonly offer: (rank: Rank, make: () => T) => void;
  /** Lowest rank first. */
  readonly kept: () => T[];
};

export function reservoir<T>(size: number): Reservoir<T> {
  const entries: { rank: Rank; value: T }[] = [];
  return {
    offer: (rank, make) => {
      const last = entries.at(-1);
      if (entries.length >= size && (last === undefined || compareRanks(rank, last.rank) >= 0)) return;
      let low = 0;
      let high = entries.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const entry = entries[middle];
        if (entry !== undefined && compareRanks(entry.rank, rank) <= 0) low = middle + 1;
        else high = middle;
      }
      entries.splice(low, 0, { rank, value: make() });
      if (entries.length > size) entries.pop();
    },
    kept: () => entries.map(({ value }) => value),
  };
}

/** A 32-bit hash of a name (FNV-1a, then Murmur3's finalizer): what makes a sample random and yet the same each time. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function compareRanks(a: Rank, b: Rank): number {
  if (a.by !== b.by) return a.by < b.by ? -1 : 1;
  if (a.hash !== b.hash) return a.hash < b.hash ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
