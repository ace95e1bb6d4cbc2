import type { ContainerSlice } from '../../contract/plan.ts';
import { readWhole } from '../../sources/containers/byte-reader.ts';
import { findText } from '../../sources/containers/find-text.ts';
import { valueReader } from '../../sources/containers/json-value.ts';
import { MAX_ITEM_BYTES, type RejectedItem, reject } from '../../sources/record.ts';
import type { JoinedEntries } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { openSlice, type RecordSpan } from './read-records.ts';

/** Reads the objects of a folder that make a record together: each is one JSON value. */
export async function* joinObjects(
  joins: readonly JoinedEntries[],
  slices: readonly ContainerSlice[],
  deps: Deps,
): AsyncGenerator<RecordSpan> {
  const byKey = new Map(slices.map((slice) => [slice.key, slice]));
  const readText = async (key: string) => {
    const slice = byKey.get(key);
    const text = slice && (await readWhole(openSlice(slice, deps).open(0), MAX_ITEM_BYTES));
    return text ? { text } : reject('too_large', `it is larger than ${MAX_ITEM_BYTES} bytes`);
  };
  for (const join of joins) yield await joinRecord(join, join.place, readText);
}

/** Of the entries that make the record. */
export const namesIn = ({ entries }: JoinedEntries): readonly string[] => Object.values(entries).flat();

type ReadText = (name: string) => Promise<{ readonly text: Buffer } | RejectedItem>;

/** One record of several texts. What cannot be read in one of them loses the record by that reason. */
export async function joinRecord({ entries }: JoinedEntries, key: string, readText: ReadText): Promise<RecordSpan> {
  let bytes = 0;
  const values = new Map<string, unknown>();
  for (const [member, found] of Object.entries(entries)) {
    const parts: unknown[] = [];
    for (const name of typeof found === 'string' ? [found] : found) {
      const read = await readText(name);
      const value = 'text' in read ? parseEntry(read.text) : read;
      if ('rejected' in value) {
        const detail = name === key ? value.rejected.detail : `${name}: ${value.rejected.detail}`;
        return { place: { key, offset: 0 }, bytes, rejected: { ...value.rejected, detail } };
      }
      if ('text' in read) bytes += read.text.length;
      parts.push(value.item);
    }
    values.set(member, typeof found === 'string' ? parts[0] : parts);
  }
  return { place: { key, offset: 0 }, bytes, record: Object.fromEntries(values) };
}

function parseEntry(text: Buffer) {
  const { from, to } = findText(text);
  return from === to ? reject('invalid_json', 'it is empty') : valueReader.fromJson(text.subarray(from, to));
}
