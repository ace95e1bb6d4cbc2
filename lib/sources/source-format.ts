import type { Unit } from '../contract/unit.ts';
import { isObject, type JsonObject } from './json/exact-json.ts';
import type { SourceCandidate, SourceLoss } from './source-candidate.ts';

/**
 * How records become candidates: what a source's records mean, whatever container they lie in. Each format is one file
 * under `formats/`.
 *
 * A `records` format reads each record by itself. Where a group's candidates are all in one record the format is complete
 * (`scattered: false`); where they lie apart it is scattered. An `assembled` format makes a candidate of several records
 * that may lie anywhere, so it reads all of them at once.
 */
export type SourceFormat = RecordFormat | AssembledFormat;

export interface RecordFormat extends FormatFacts {
  readonly kind: 'records';
  /** A group's candidates lie in several records, perhaps of several objects. */
  readonly scattered: boolean;
  /**
   * Of an archive or a folder: which entries make a record together, from their names alone. Formats without it take each
   * entry by itself.
   */
  readonly joinEntries?: (names: readonly string[]) => readonly JoinedEntries[];
  /** Entries of an archive that the format's writer leaves beside its records: nobody misses them. */
  readonly leaves?: RegExp;
  /** Of a JSON document that is one object: the key of its list of records. A record is then `{document, [key]: element}`. */
  readonly listKey?: string;
  /** The keys at the top of a record that are not read, of formats that are told where fields are. */
  readonly unusedKeys?: (record: unknown) => readonly string[];
  /** Reads one record, a JSON value. */
  readonly read: (record: unknown) => RecordReading;
}

export interface AssembledFormat extends FormatFacts {
  readonly kind: 'assembled';
  readonly scattered: true;
  /** Reads all records of a source together. */
  readonly assemble: (records: Iterable<PlacedRecord>) => Iterable<PlacedReading>;
}

/** What a pair is made of unless the request says so. */
export const defaultUnit = ({ holds }: Pick<SourceFormat, 'holds'>): Unit =>
  holds === 'conversations' ? 'final' : 'turn';

interface FormatFacts {
  /** As `source.format` names it. */
  readonly name: string;
  /** A format of customary keys. It is asked only where no format of a product's own fits. */
  readonly generic?: true;
  /** Whether an answer is a conversation of several messages, and `final` the unit unless the request sets another. */
  readonly holds: 'answers' | 'conversations';
  /** The score to take unless the request names one; undefined where the source has no score of its own choice. */
  readonly defaultScore?: string | undefined;
  /** Looks at the content, never at the name of the object alone. */
  readonly detect: (sample: SourceSample) => 'sure' | 'no';
}

/** Detects a source of which every record is one of the format: an object, at the least. */
export const everyRecord =
  (isOwn: (record: JsonObject) => boolean): FormatFacts['detect'] =>
  ({ records }) =>
    records.length > 0 && records.every((record) => isObject(record) && isOwn(record)) ? 'sure' : 'no';

/** What a container shows of an object before it is read. */
export interface SourceSample {
  /** The first records, joined where the format joins entries. */
  readonly records: readonly unknown[];
}

/** Entries that make one record. `read` gets an object with the same keys, and the parsed entries in place of the names. */
export interface JoinedEntries {
  /** The entry that says where the record is. */
  readonly place: string;
  readonly entries: Readonly<Record<string, string | readonly string[]>>;
}

/** A record's candidates, or why it holds none. A record that belongs to the source and never holds any gives an empty list. */
export type RecordReading = { readonly candidates: readonly SourceCandidate[] } | { readonly rejected: SourceLoss };

/** Where a record begins: the object's key (with `!/` and the entry's name in an archive), and the byte. */
export interface RecordPlace {
  readonly key: string;
  readonly offset: number;
  /** In Parquet, the row, counted from 0 through the whole file. */
  readonly row?: number;
}

export interface PlacedRecord {
  readonly record: unknown;
  readonly place: RecordPlace;
}

export type PlacedReading = { readonly place: RecordPlace } & (
  | { readonly candidate: SourceCandidate }
  | { readonly rejected: SourceLoss }
);
