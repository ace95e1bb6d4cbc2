import type { ContainerSlice } from '../../contract/plan.ts';
import { valueReader } from '../../sources/containers/json-value.ts';
import { readZipEntry, readZipRecords } from '../../sources/containers/zip.ts';
import { readZipDirectory, type ZipEntry } from '../../sources/containers/zip-directory.ts';
import type { RecordFormat } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { ahead } from '../each.ts';
import { joinRecord } from './join-objects.ts';
import { openSlice, type RecordSpan, toRecordSpan } from './read-records.ts';

/**
 * Reads the entries of an archive that make a record together; a record is in the slice where the entry of its place
 * begins. An entry that many records share (a log's header) is read once.
 */
export async function* joinArchive(
  slice: ContainerSlice,
  joinEntries: NonNullable<RecordFormat['joinEntries']>,
  deps: Deps,
): AsyncGenerator<RecordSpan> {
  const { key, start, end } = slice;
  const object = openSlice(slice, deps);
  const directory = await readZipDirectory(object);
  if ('rejected' in directory) {
    yield { place: { key, offset: 0 }, bytes: object.bytes, rejected: directory.rejected };
    return;
  }
  const entries = new Map<string, ZipEntry>();
  for (const entry of directory.entries) {
    if (!('rejected' in entry)) entries.set(entry.name, entry);
    else if (entry.offset >= start && entry.offset < end) {
      yield { place: { key: `${key}!/${entry.name}`, offset: 0 }, bytes: 0, rejected: entry.rejected };
    }
  }
  const joins = joinEntries([...entries.keys()]);
  if (joins.length === 0) {
    // Some other archive: its entries are records by themselves.
    for await (const span of readZipRecords(object, { start, end }, valueReader, (name) => entries.has(name))) {
      yield toRecordSpan(key, span);
    }
    return;
  }
  const here = joins.filter(({ place }) => {
    const offset = entries.get(place)?.offset ?? -1;
    return offset >= start && offset < end;
  });
  const readText = rememberLast(async (name: string) => {
    const entry = entries.get(name);
    return entry ? readZipEntry(object, entry) : Promise.reject(new RangeError(`${key} has no entry ${name}`));
  });
  const joined = ahead(here, ENTRIES_AHEAD, (join) => joinRecord(join, join.place, readText));
  for await (const [{ place }, span] of joined) yield { ...span, place: { ...span.place, key: `${key}!/${place}` } };
}

/** Each is a request of its own, and at most a record's size. */
const ENTRIES_AHEAD = 4;

/** The first entry that is asked for is the one that all records share. */
function rememberLast<Text>(read: (name: string) => Promise<Text>): (name: string) => Promise<Text> {
  let shared: { readonly name: string; readonly text: Promise<Text> } | undefined;
  return (name) => {
    shared ??= { name, text: read(name) };
    return shared.name === name ? shared.text : read(name);
  };
}
