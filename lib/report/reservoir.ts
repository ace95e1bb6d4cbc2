/**
 * Keeps the `size` entries that rank lowest, by a number (`by`) and then by hash. Which they are does not depend on the
 * order they come in, but for entries whose ranks are equal: of those the first ones stay.
 */
export interface Reservoir<Entry extends Hashed> {
  /** Asked first, so that an entry that is not kept need not be made. */
  readonly admits: (by: number, hash: number) => boolean;
  readonly keep: (by: number, entry: Entry) => void;
  /** Lowest rank first. */
  readonly kept: () => Entry[];
}

/** A hash of what the entry is of: see `sample-hash.ts`. */
interface Hashed {
  readonly hash: number;
}

export function reservoir<Entry extends Hashed>(size: number): Reservoir<Entry> {
  const ranked: { readonly by: number; readonly entry: Entry }[] = [];
  const isBelow = (by: number, hash: number, other: { readonly by: number; readonly entry: Entry }): boolean =>
    by < other.by || (by === other.by && hash < other.entry.hash);
  return {
    admits: (by, hash) => {
      const last = ranked.length < size ? undefined : ranked.at(-1);
      return last === undefined || isBelow(by, hash, last);
    },
    keep: (by, entry) => {
      let low = 0;
      let high = ranked.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const other = ranked[middle];
        if (other !== undefined && isBelow(by, entry.hash, other)) high = middle;
        else low = middle + 1;
      }
      ranked.splice(low, 0, { by, entry });
      if (ranked.length > size) ranked.pop();
    },
    kept: () => ranked.map(({ entry }) => entry),
  };
}
