import type { WorkflowFailureReason } from '../contract/workflow.ts';

/** Why a span of bytes is no record. The detail never quotes it. */
export interface ItemRejection {
  readonly reason: ItemReason;
  readonly detail: string;
  readonly exampleId: string | null;
}

export type ItemReason =
  | WorkflowFailureReason
  | 'invalid_json'
  | 'invalid_utf8'
  | 'not_an_object'
  | 'missing_id'
  | 'invalid_id'
  | 'too_deep'
  | 'too_large'
  | 'too_many_values'
  | 'too_many_pairs'
  | 'truncated'
  | 'after_array_end'
  | 'broken_gzip'
  | 'gzip_bomb'
  | 'not_traces'
  | 'replaced_by_later_item'
  /** The bytes are of no container, or of several. */
  | 'unknown_container'
  | 'missing_header'
  | 'ragged_row'
  | 'broken_quotes'
  | 'broken_csv'
  | 'broken_zstd'
  | 'zstd_bomb'
  | 'broken_parquet'
  | 'parquet_bomb'
  | 'broken_archive'
  | 'broken_entry'
  | 'archive_bomb'
  | 'encrypted'
  | 'nested_container'
  | 'unsafe_entry_name'
  | 'unknown_compression'
  | 'replaced_by_later_entry';

export interface RejectedItem {
  readonly rejected: ItemRejection;
}

export const reject = (reason: ItemReason, detail: string): RejectedItem => ({
  rejected: { reason, detail, exampleId: null },
});

/** One span of the stream: an item, or what stands in an item's place. */
export type Span<Item> = { readonly offset: number; readonly bytes: number } & ({ readonly item: Item } | RejectedItem);

/** Reads one item from exactly its bytes (UTF-8, no white space around). */
export type ReadItem<Item> = (bytes: Buffer) => { readonly item: Item } | RejectedItem;

/**
 * 64 MiB: the text, its parse and its pairs then fit a 1.7 GB Lambda with room to spare. NAT's items are some 100 KB.
 */
export const MAX_ITEM_BYTES = 64 * 1024 * 1024;

/** NAT's own steps nest some ten levels deep; JSON.stringify overflows the stack near 5,000. */
export const MAX_DEPTH = 512;

/** Counted with no bytes: how much of it was seen depends on the stream's chunks. */
export const tooLarge = (offset: number): Span<never> => ({
  offset,
  bytes: 0,
  ...reject(
    'too_large',
    `the item is larger than ${MAX_ITEM_BYTES} bytes; drop steps that are not candidates (NAT: workflow_output_step_filter: [TTC_END])`,
  ),
});
