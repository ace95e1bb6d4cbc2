/** To six digits: how numbers are added up depends on where shards begin, and by more than that it never shows. */
export const roundedMean = (sum: number, of: number): number => Number((sum / of).toPrecision(6));
