import { isObject } from '../json/exact-json.ts';
import { readKey } from '../read-key.ts';
import { KEYS } from './customary-keys.ts';

export interface GroupKeys {
  /** The surest of the customary keys that the records have. */
  readonly key: string | undefined;
  /** Others, by which the records would be grouped differently. */
  readonly differing: readonly string[];
}

/** By which keys records may be grouped, and whether these agree. */
export function findGroupKeys(records: readonly unknown[]): GroupKeys {
  const [key, ...others] = KEYS.group.filter((name) =>
    records.some((record) => isObject(record) && readKey(record[name]) !== undefined),
  );
  if (key === undefined) return { key, differing: [] };
  const wanted = partition(records, key);
  return { key, differing: others.filter((other) => partition(records, other) !== wanted) };
}

/** Which records share a value: for each the place of the first one that has it. */
function partition(records: readonly unknown[], key: string): string {
  const first = new Map<string | undefined, number>();
  return records
    .map((record, at) => {
      const value = isObject(record) ? readKey(record[key]) : undefined;
      const place = first.get(value) ?? at;
      first.set(value, place);
      return place;
    })
    .join();
}
