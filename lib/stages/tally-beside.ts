import type { Beside } from '../contract/run-source.ts';

/** Counts what is passed over, by why; of each the first names are kept. */
export function tallyBeside() {
  const found = new Map<Beside['why'], { count: number; keys: string[] }>();
  return {
    add(why: Beside['why'], key: string): void {
      const known = found.get(why) ?? { count: 0, keys: [] };
      found.set(why, known);
      known.count += 1;
      if (known.keys.length < NAMED_KEYS && !known.keys.includes(key)) known.keys.push(key);
    },
    found: (): readonly Beside[] => [...found].map(([why, { count, keys }]) => ({ why, count, keys })),
  };
}

/** What is passed over for one reason, where all of it is known. */
export function countBeside(why: Beside['why'], keys: readonly string[]): readonly Beside[] {
  const tally = tallyBeside();
  for (const key of keys) tally.add(why, key);
  return tally.found();
}

export const NAMED_KEYS = 10;

/** A sentence of what is passed over for one reason. */
export function describeBeside({ why, count, keys }: Beside): string {
  const files = count === 1 ? '1 file' : `${count} files`;
  const more = why !== 'run' && count > keys.length ? ', …' : '';
  return `Passed over, because ${BECAUSE[why]} (${files}): ${keys.join(', ')}${more}.`;
}

const BECAUSE: Readonly<Record<Beside['why'], string>> = {
  hidden: 'a name on the path begins with "." or "_"',
  link: 'it is a link that leads out of the folder; a file that you name is read through its link',
  name: 'the name is none of a file with records',
  content: 'it holds no traces',
  run: 'a run of this project wrote it; name its collection.jsonl to read that',
};
