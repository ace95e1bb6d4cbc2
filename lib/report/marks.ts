import { type ChangeObject, diffArrays, diffWordsWithSpace } from 'diff';

// Bundled into the report's page (page/pair-browser.js): only the pairs that are looked at are compared.

/** Two texts and what only one of them has. */
export type Marks = {
  /** The texts as runs in threes: in both, in the first only, in the second only, and so on. */
  readonly runs: readonly string[];
  /** What the runs are cut at. With `nothing` the texts have nothing to compare in common, and stand whole in `runs`. */
  readonly by: 'words' | 'sentences' | 'nothing';
};

/** By words; where these differ too much to be read, by sentences (and lines). */
export function marksOf(first: string, second: string): Marks {
  const words = diffWordsWithSpace(first, second, { maxEditLength: MOST_EDITS });
  if (words && isReadable(words)) return { runs: runsOf(words), by: 'words' };
  const sentences = diffArrays(sentencesOf(first), sentencesOf(second), { maxEditLength: MOST_EDITS });
  const joined = sentences?.map((change) => ({ ...change, value: change.value.join('') }));
  if (joined?.some((change) => isShared(change) && change.value.trim() !== '')) {
    return { runs: runsOf(joined), by: 'sentences' };
  }
  return { runs: ['', first, second], by: 'nothing' };
}

/** Added and removed words; it bounds the time, which grows with its square: some 20 ms. */
const MOST_EDITS = 400;
/** So many marked runs can be read even where little is shared. */
const FEW_MARKS = 80;

type Change = Pick<ChangeObject<string>, 'value' | 'added' | 'removed'>;

const isShared = ({ added, removed }: Change): boolean => !added && !removed;

/** A few marks, or marks in a text that is mostly shared. */
function isReadable(changes: readonly Change[]): boolean {
  const shared = changes.filter(isShared);
  if (changes.length - shared.length <= FEW_MARKS) return true;
  const lengthOf = (some: readonly Change[]) => some.reduce((sum, { value }) => sum + value.length, 0);
  return lengthOf(shared) * 2 >= lengthOf(changes) - lengthOf(shared);
}

const sentencesOf = (text: string): string[] => text.split(/(?<=[.!?]\s|[。！？\n])/);

function runsOf(changes: readonly Change[]): string[] {
  const runs: string[] = [];
  let run: [string, string, string] = ['', '', ''];
  for (const { value, added, removed } of changes) {
    // A blank between two replaced words belongs to the replacement: one mark reads better than many.
    if (!added && !removed && value === ' ' && run[1] !== '' && run[2] !== '') {
      run[1] += value;
      run[2] += value;
    } else if (!added && !removed) {
      if (run.some((text) => text !== '')) runs.push(...run);
      run = [value, '', ''];
    } else run[added ? 2 : 1] += value;
  }
  runs.push(...run);
  return runs;
}
