/** The name that `name` was likely meant to be, or undefined when none is near. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  // Two slips, or two fifths of a long name ("custom_step_name" for "ttc_step_name").
  let best = Math.max(2, Math.floor(name.length * 0.4)) + 1;
  let found: string | undefined;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    // A name of three letters is three slips from any other.
    if (distance < best && distance < candidate.length) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

/** Levenshtein's: insertions, deletions and substitutions that turn `a` into `b`. Long names are cut: a typo is short. */
function editDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, LONGEST_NAME), b.slice(0, LONGEST_NAME)];
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 0; i < left.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const substituted = (row[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Characters. */
const LONGEST_NAME = 64;
