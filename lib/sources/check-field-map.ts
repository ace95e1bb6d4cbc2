import { nearest } from '../contract/nearest.ts';
import { InvalidRequest } from '../errors.ts';
import type { FieldMap } from './field-map.ts';
import { placesOf, pointersOf, withPointers } from './fields/field-choices.ts';
import { rowsOf, valueIn } from './fields/row.ts';
import { unwrapJson } from './fields/unwrap-json.ts';
import { isObject, type JsonObject } from './json/exact-json.ts';
import { objectsIn } from './json/members.ts';
import { type JsonPointer, parsePointer, pointerTo, reach } from './json-pointer.ts';

/** Refuses a pointer that finds nothing in any of the first records: a slip would lose every record. */
export function checkFieldMap(map: FieldMap, records: readonly unknown[]): void {
  const objects = records.filter(isObject);
  if (objects.length === 0) return;
  const choices = withPointers({}, map);
  const entries = entriesOf(objects, placesOf(choices).candidates);
  for (const { field, pointer } of pointersOf(choices)) {
    const within = field === 'candidates' ? objects : [...entries, ...objects];
    const path = parsePointer(pointer);
    const reached = within.map((record) => reach(record, path));
    if (reached.some((one) => 'value' in one)) continue;
    const blocked = reached.flatMap((one) => ('blockedAt' in one ? [one.blockedAt] : []))[0];
    const problem =
      blocked === undefined ? 'finds nothing' : `points into ${blocked}, which is neither an object nor a list,`;
    const records = objects.length === 1 ? 'the first record' : `the first ${objects.length} records`;
    const wrong = `source.format.${field} is ${pointer}, which ${problem} in ${records}.`;
    const inLogs = `${wrong} dpo inspect shows all keys.`;
    throw new InvalidRequest(`${wrong} ${keysFound(within, path)}`, { inLogs });
  }
}

function entriesOf(records: readonly JsonObject[], candidates: readonly JsonPointer[]): readonly JsonObject[] {
  const openRow = rowsOf(placesOf({ candidates }), {});
  return records.flatMap((record) => objectsIn(unwrapJson(valueIn(openRow([record]).find(candidates)))));
}

/** The keys where the pointer stops finding anything, and the one that was likely meant. */
function keysFound(within: readonly JsonObject[], path: readonly string[]): string {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = path.slice(0, depth);
    const keys = new Set(
      within.flatMap((record) => {
        const reached = reach(record, parent);
        return 'value' in reached && isObject(reached.value) ? Object.keys(reached.value) : [];
      }),
    );
    if (keys.size === 0) continue;
    const wanted = path[depth] ?? '';
    const meant = keys.has(wanted) ? undefined : nearest(wanted, keys);
    const place = depth === 0 ? 'The keys found are' : `The keys at ${pointerTo(parent)} are`;
    const question =
      meant === undefined ? '' : ` Did you mean ${pointerTo([...parent, meant, ...path.slice(depth + 1)])}?`;
    return `${place} ${listKeys([...keys])}.${question}`;
  }
  return 'Its first records have no keys.';
}

/** Keys are the file's own words; the first twenty tell what is there. */
export const listKeys = (keys: readonly string[]): string => {
  const shown = keys.slice(0, 20).map((key) => (key.length > 40 ? `${key.slice(0, 39)}…` : key));
  return `${shown.join(', ')}${keys.length > 20 ? ` and ${keys.length - 20} more` : ''}`;
};
