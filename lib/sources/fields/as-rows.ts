import { isObject } from '../json/exact-json.ts';
import type { AssembledFormat, PlacedRecord, RecordFormat } from '../source-format.ts';
import { unwrapJson } from './unwrap-json.ts';

/**
 * The format, of rows of a table too: CSV has text alone, and its cells hold JSON where the format has lists and objects.
 * `members` names these, and none that may be text which only looks like JSON: an answer, say.
 */
export const asRows = (format: RecordFormat, members: readonly string[]): RecordFormat => ({
  ...format,
  detect: ({ records }) => format.detect({ records: records.map((record) => unwrapMembers(record, members)) }),
  read: (record) => format.read(unwrapMembers(record, members)),
});

/** As {@link asRows}, of a format that reads all records together. */
export const asJoinedRows = (format: AssembledFormat, members: readonly string[]): AssembledFormat => ({
  ...format,
  detect: ({ records }) => format.detect({ records: records.map((record) => unwrapMembers(record, members)) }),
  assemble: (records) => format.assemble(unwrapEach(records, members)),
});

function* unwrapEach(records: Iterable<PlacedRecord>, members: readonly string[]): Iterable<PlacedRecord> {
  for (const { record, place } of records) yield { record: unwrapMembers(record, members), place };
}

function unwrapMembers(record: unknown, members: readonly string[]): unknown {
  if (!isObject(record) || !members.some((member) => typeof record[member] === 'string')) return record;
  const unwrapped = members
    .filter((member) => typeof record[member] === 'string')
    .map((member) => [member, unwrapJson(record[member])] as const);
  return { ...record, ...Object.fromEntries(unwrapped) };
}
