/**
 * Where a record begins: the trace object's key (in an archive with the entry's name), and a byte of the uncompressed
 * text, or a row of a table.
 */
export type CandidatePlace = { readonly key: string } & (
  | { readonly offset: number; readonly row?: undefined }
  | { readonly row: number; readonly offset?: undefined }
);

/** The byte or the row: a place's order in its trace object. */
export const positionOf = (place: CandidatePlace): number => place.offset ?? place.row;

/** The trace object of a place: of an entry's key, its archive's. */
export const objectKeyOf = (key: string): string => key.split('!/', 1)[0] ?? key;
