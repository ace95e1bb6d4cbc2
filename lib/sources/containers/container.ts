import type { JsonObject } from '../json/exact-json.ts';
import type { ItemReason, ReadItem, RejectedItem } from '../record.ts';
import type { OpenBytes } from './read-records.ts';

/** What every container gives and needs. A container knows bytes and records; it does not know what a record means. */
export interface Container {
  /**
   * Where a slice may begin besides at 0: at any byte, nowhere, or at the bytes that the function finds, in order, about
   * one for each `every` bytes.
   */
  readonly cuts: 'anywhere' | 'nowhere' | ((object: PinnedObject, every: number) => AsyncIterable<number>);
  /**
   * The records that begin in the range, in file order, and in their places the spans that are no records. The ranges
   * from cut to cut give together what the whole object gives. Problems of the content are spans with a reason; only
   * errors of the store are thrown, and ArrayNotIndented where an array was cut that can't be.
   */
  readonly read: <Item>(
    object: PinnedObject,
    range: ByteRange,
    reader: RecordReader<Item>,
  ) => AsyncGenerator<ContainerSpan<Item>>;
}

export interface PinnedObject {
  /** Errors name it. */
  readonly key: string;
  readonly bytes: number;
  readonly open: OpenBytes;
}

/**
 * Part of an object: from `start` up to before `end`. A record is in it where the record's line or element, its row group
 * or its archive entry begins there.
 */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Makes an item of a record: of exactly its bytes where the record is JSON text, else of its value. */
export interface RecordReader<Item> {
  readonly fromJson: ReadItem<Item>;
  readonly fromValue: (value: JsonObject) => { readonly item: Item } | RejectedItem;
}

/** One record, or what is in its place. */
export type ContainerSpan<Item> = RecordPlace & ({ readonly item: Item } | RejectedItem);

export interface RecordPlace {
  /** In an archive, the entry's name. */
  readonly entry?: string;
  /** In Parquet, the row, counted from 0 through the whole file. */
  readonly row?: number;
  /** The byte at which the record begins, in the uncompressed text (of the entry). In Parquet, where its row group begins. */
  readonly offset: number;
  /** In Parquet, the row's share of its row group. */
  readonly bytes: number;
}

/**
 * Whether the reason says that an unknown number of records was not read: the object, or an entry of it, was cut short, is
 * damaged from there on, or cannot be opened. What holds no records at all is another thing.
 */
export const isIncomplete = (reason: string): boolean => INCOMPLETE.has(reason);

const INCOMPLETE: ReadonlySet<string> = new Set<ItemReason>([
  'truncated',
  'after_array_end',
  'broken_gzip',
  'gzip_bomb',
  'broken_zstd',
  'zstd_bomb',
  'broken_parquet',
  'parquet_bomb',
  'broken_archive',
  'broken_entry',
  'archive_bomb',
  'missing_header',
  'broken_csv',
  'encrypted',
  'nested_container',
  'unsafe_entry_name',
  'unknown_compression',
]);
