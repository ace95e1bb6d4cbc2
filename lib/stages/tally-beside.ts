import type { Beside } from '../contract/run-source.ts';

/** Counts what is passed over, by why; of each the first names are kept. */
export function tallyBeside() {
  const found = new Map<string, Beside>();
  const addAll = ({ count, keys, ...more }: Beside): void => {
    const { why } = more;
    const reason = more.detail === undefined || found.size >= MOST_REASONS ? { why } : { why, detail: more.detail };
    const id = JSON.stringify(reason);
    const known = found.get(id) ?? { ...reason, count: 0, keys: [] };
    const named = [...new Set([...known.keys, ...keys])].slice(0, NAMED_KEYS);
    found.set(id, { ...known, count: known.count + count, keys: known.keys.length < NAMED_KEYS ? named : known.keys });
  };
  return {
    addAll,
    add: (why: Beside['why'], key: string, detail?: string): void =>
      addAll({ why, ...(detail !== undefined && { detail }), count: 1, keys: [key] }),
    found: (): readonly Beside[] => [...found.values()],
  };
}

/** Details beyond them are left out: a folder may hold files of a hundred kinds. */
const MOST_REASONS = 20;

export const NAMED_KEYS = 10;

/** A sentence of what is passed over for one reason. */
export function describeBeside({ why, detail, count, keys }: Beside): string {
  const files = count === 1 ? '1 file' : `${count} files`;
  const more = why !== 'run' && count > keys.length ? ', …' : '';
  return `Passed over, because ${detail ?? BECAUSE[why]} (${files}): ${keys.join(', ')}${more}.`;
}

const BECAUSE: Readonly<Record<Beside['why'], string>> = {
  hidden: 'a name on the path begins with "." or "_"',
  link: 'it is a link that leads out of the folder; a file that you name is read through its link',
  name: 'its name is not that of a file with records',
  content: 'it holds no traces',
  twin: 'it is the same file as another one that is read',
  unreadable: 'its first bytes match no container',
  entry: 'it is not part of the records of its archive',
  run: 'a run of this project wrote it; name its collection.jsonl to read that',
};
