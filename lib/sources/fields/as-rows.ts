import { isObject } from '../json/exact-json.ts';
import type { PlacedRecord, SourceFormat } from '../source-format.ts';
import { unwrapJson } from './unwrap-json.ts';

/**
 * The format, of rows of a table too: CSV has text alone, and its cells hold JSON where the format has lists and objects.
 * `members` names these, and none that may be text which only looks like JSON: an answer, say.
 */
export function asRows<Format extends SourceFormat>(format: Format, members: readonly string[]): Format {
  const unwrap = (record: unknown) => unwrapMembers(record, members);
  function* unwrapEach(records: Iterable<PlacedRecord>): Iterable<PlacedRecord> {
    for (const { record, place } of records) yield { record: unwrap(record), place };
  }
  return {
    ...format,
    detect: ({ records }) => format.detect({ records: records.map(unwrap) }),
    ...(format.kind === 'records'
      ? { read: (record: unknown) => format.read(unwrap(record)) }
      : { assemble: (records: Iterable<PlacedRecord>) => format.assemble(unwrapEach(records)) }),
  };
}

function unwrapMembers(record: unknown, members: readonly string[]): unknown {
  if (!isObject(record) || !members.some((member) => typeof record[member] === 'string')) return record;
  const unwrapped = members
    .filter((member) => typeof record[member] === 'string')
    .map((member) => [member, unwrapJson(record[member])] as const);
  return { ...record, ...Object.fromEntries(unwrapped) };
}
