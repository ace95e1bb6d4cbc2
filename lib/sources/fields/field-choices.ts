import type { FieldMap } from '../field-map.ts';
import type { JsonPointer } from '../json-pointer.ts';
import type { WinnerValues } from './read-winner.ts';

type Field = Exclude<keyof FieldMap, 'preset'>;

/** For each field where to look: a map's own pointer, or the customary keys of a preset. The first that holds something counts. */
export type FieldChoices = { readonly [Name in Field]?: readonly NonNullable<FieldMap[Name]>[] };

/** Fields that one pointer leads to. */
const NO_PLACES = {
  turn: [],
  index: [],
  id: [],
  error: [],
  truncated: [],
  metadata: [],
  tools: [],
  prompt: [],
  messages: [],
  candidates: [],
  chosen: [],
  rejected: [],
};

type Single = keyof typeof NO_PLACES | 'response' | 'score';

/** The choices, sorted by what a pointer means there. */
export interface FieldPlaces extends Readonly<Record<Single, readonly JsonPointer[]>> {
  readonly group: readonly (readonly JsonPointer[])[];
  /** A pointer for each of several answers. */
  readonly responsesBeside: readonly (readonly JsonPointer[])[];
  readonly namedScores: readonly (readonly [name: string, pointer: JsonPointer])[];
  /** A pointer for the score of each of several answers. */
  readonly scoresBeside: readonly (readonly JsonPointer[])[];
  readonly winner: readonly { readonly at: JsonPointer; readonly values?: WinnerValues }[];
}

export function placesOf({
  group = [],
  response = [],
  score = [],
  winner = [],
  ...choices
}: FieldChoices): FieldPlaces {
  return {
    ...NO_PLACES,
    ...choices,
    group: group.map((place) => [place].flat()),
    response: response.filter(isText),
    responsesBeside: response.filter(isList),
    score: score.filter(isText),
    namedScores: score.flatMap((place) => (isText(place) || isList(place) ? [] : Object.entries(place))),
    scoresBeside: score.filter(isList),
    winner: winner.map((place) => (isText(place) ? { at: place } : { at: place.at, values: place })),
  };
}

/** The map's own pointers replace those of the preset. */
export function withPointers(preset: FieldChoices, { preset: _, ...pointers }: FieldMap): FieldChoices {
  const own = Object.entries(pointers).filter(([, pointer]) => pointer !== undefined);
  return { ...preset, ...Object.fromEntries(own.map(([field, pointer]) => [field, [pointer]])) };
}

/** All pointers, with the field that each is of. */
export function pointersOf(
  choices: FieldChoices,
): readonly { readonly field: string; readonly pointer: JsonPointer }[] {
  const { namedScores, winner, group, responsesBeside, scoresBeside, ...single } = placesOf(choices);
  const of = (field: string, pointers: readonly JsonPointer[]) => pointers.map((pointer) => ({ field, pointer }));
  return [
    ...of('group', group.flat()),
    ...Object.entries(single).flatMap(([field, pointers]) => of(field, pointers)),
    ...of('response', responsesBeside.flat()),
    ...of('score', [...scoresBeside.flat(), ...namedScores.map(([, pointer]) => pointer)]),
    ...winner.map(({ at }) => ({ field: 'winner', pointer: at })),
  ];
}

const isText = (place: unknown): place is string => typeof place === 'string';
const isList = (place: unknown): place is string[] => Array.isArray(place);
