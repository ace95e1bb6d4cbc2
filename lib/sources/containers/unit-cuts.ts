/** Of the bytes at which an object's units begin, those where it is cut: about one for each `every` bytes. */
export function* unitCuts(starts: Iterable<number>, every: number): Generator<number> {
  let due = 0;
  let isFirst = true;
  for (const start of starts) {
    if (start >= due && !isFirst) yield start;
    if (start >= due) due = (Math.floor(start / every) + 1) * every;
    isFirst = false;
  }
}
