/** The first number from `from` to before `end` for which it holds, as it does for all that follow; else `end`. */
export function firstWhere(from: number, end: number, holds: (number: number) => boolean): number {
  let [low, high] = [from, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
