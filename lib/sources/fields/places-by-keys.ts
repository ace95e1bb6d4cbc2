import type { JsonObject } from '../json/exact-json.ts';
import { type JsonPointer, parsePointer } from '../json-pointer.ts';
import type { FieldPlaces } from './field-choices.ts';

/**
 * Of customary keys a record has few: looking for all of them takes longer than parsing it. Records of the same keys have
 * the same places, so these are chosen once for each set of keys.
 */
export function placesByKeys(places: FieldPlaces, customary: ReadonlySet<string>): (record: JsonObject) => FieldPlaces {
  if (customary.size === 0) return () => places;
  const known = new Map<string, FieldPlaces>();
  return (record) => {
    const names = Object.keys(record);
    // With the count, no key with a line break in it stands for several.
    const keys = `${names.length} ${names.join('\n')}`;
    const found = known.get(keys) ?? placesWithin(places, customary, record);
    if (known.size < MOST_KINDS_OF_RECORDS) known.set(keys, found);
    return found;
  };
}

/** Records of a hundred kinds are of no kind: their places are chosen anew for each. */
const MOST_KINDS_OF_RECORDS = 100;

function placesWithin(places: FieldPlaces, customary: ReadonlySet<string>, record: JsonObject): FieldPlaces {
  const isHere = (pointer: JsonPointer): boolean => Object.hasOwn(record, parsePointer(pointer)[0] ?? '');
  const areHere = (pointers: readonly JsonPointer[]): boolean => pointers.some(isHere);
  const { group, responsesBeside, scoresBeside, namedScores, winner, ...single } = places;
  const within = Object.entries(single).map(([field, pointers]) => [
    field,
    customary.has(field) ? pointers.filter(isHere) : pointers,
  ]);
  return {
    ...places,
    ...Object.fromEntries(within),
    ...(customary.has('group') && { group: group.filter(areHere) }),
    ...(customary.has('response') && { responsesBeside: responsesBeside.filter(areHere) }),
    ...(customary.has('score') && {
      scoresBeside: scoresBeside.filter(areHere),
      namedScores: namedScores.filter(([, pointer]) => isHere(pointer)),
    }),
    ...(customary.has('winner') && { winner: winner.filter(({ at }) => isHere(at)) }),
  };
}
