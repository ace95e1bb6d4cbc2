import type { FormatName } from '../contract/dataset.ts';
import { LeftOutReason, type View } from '../contract/dataset-result.ts';
import { CorruptObject } from '../errors.ts';
import type { ObjectSink } from '../objects/object-sink.ts';
import { DIGEST_BYTES, type Digest } from '../preferences/digest.ts';
import type { DatasetPlan } from './dataset-plan.ts';

/**
 * One pair of a shard's collection part: digests, numbers and byte ranges, all that choosing and writing need of it. The
 * texts stay in the part.
 */
export interface PairEntry {
  /** Of the example's root: repetitions of one example share it. */
  readonly root: Digest;
  /** Of the prompt, in the order of the plan's views. */
  readonly prompts: readonly Digest[];
  /** Of the tools offered; `NO_DIGEST` where there are none. */
  readonly tools: Digest;
  readonly chosen: Digest;
  readonly rejected: Digest;
  /** The byte, or the row, at which the record of the chosen candidate begins, in the trace object `source` of the shard's. */
  readonly offset: number;
  readonly source: number;
  /** `score_diff`, and the trajectory's reward, in the score's own unit. */
  readonly margin: number;
  readonly reward: number;
  /** Where the prompt's JSON begins in the part, and the bytes of the three texts; see `group-text.ts` for what lies between. */
  readonly start: number;
  readonly promptBytes: number;
  readonly chosenBytes: number;
  readonly rejectedBytes: number;
  /** Bytes of the tools' JSON, and between the rejected response and them; both 0 where there are none. */
  readonly toolsBytes: number;
  readonly toolsGap: number;
  /** Bytes of the trajectory behind the rejected response: its metadata. */
  readonly tailBytes: number;
  /** UTF-16 code units of the responses' texts. */
  readonly chosenLength: number;
  readonly rejectedLength: number;
  /** What its messages are like (`layout.ts`). */
  readonly shape: number;
  /** It is the first pair of its group, of its turn. */
  readonly opensGroup: boolean;
  readonly opensTurn: boolean;
  /** In the order of the plan's formats: 0 where the format holds it, else the place of the reason in `LeftOutReason`, from 1. */
  readonly unheld: readonly number[];
}

/**
 * Pairs a block. A block is its columns one after the other, the widest first, so that each column is aligned to its
 * width; only the last block is shorter. At some 175 bytes a pair that is 700 KB of memory.
 */
export const BLOCK_PAIRS = 4096;

interface ColumnPlace {
  readonly at: number;
  readonly width: number;
}

const WORDS = ['root', 'tools', 'chosen', 'rejected'] as const;
const DOUBLES = ['offset', 'margin', 'reward', 'start'] as const;
const INTEGERS = [
  'source',
  'promptBytes',
  'chosenBytes',
  'rejectedBytes',
  'toolsBytes',
  'toolsGap',
  'tailBytes',
  'chosenLength',
  'rejectedLength',
] as const;

const [OPENS_GROUP, OPENS_TURN, SHAPE_SHIFT] = [1, 2, 2] as const;

/** Names of the columns and their widths in bytes: the writer and the readers of an index of one plan have the same. */
function layOut({ views, formats }: Pick<DatasetPlan, 'views' | 'formats'>) {
  const widths: [name: string, width: number][] = [
    ...WORDS.map((name): [string, number] => [name, DIGEST_BYTES]),
    ...views.map((view): [string, number] => [`prompt ${view}`, DIGEST_BYTES]),
    ...DOUBLES.map((name): [string, number] => [name, 8]),
    ...INTEGERS.map((name): [string, number] => [name, 4]),
    ['flags', 2],
    ...formats.map(({ name }): [string, number] => [`unheld ${name}`, 1]),
  ];
  const places = new Map<string, ColumnPlace>();
  let at = 0;
  for (const [name, width] of widths) {
    places.set(name, { at, width });
    at += width;
  }
  return { places, entryBytes: at };
}

export interface PairIndexWriter {
  readonly pairs: number;
  /** A promise means: wait for it, the store is behind. */
  add(entry: PairEntry): Promise<void> | undefined;
  /** Hands the last block over; the sink is still to be closed. */
  end(): Promise<void> | undefined;
}

export function writePairIndex(sink: ObjectSink, plan: Pick<DatasetPlan, 'views' | 'formats'>): PairIndexWriter {
  const { places, entryBytes } = layOut(plan);
  const block = Buffer.allocUnsafeSlow(BLOCK_PAIRS * entryBytes);
  let inBlock = 0;
  let pairs = 0;
  const placeOf = (name: string): ColumnPlace => places.get(name) ?? { at: 0, width: 0 };
  const columns = {
    words: WORDS.map((name) => ({ name, at: BLOCK_PAIRS * placeOf(name).at })),
    prompts: plan.views.map((view) => BLOCK_PAIRS * placeOf(`prompt ${view}`).at),
    doubles: DOUBLES.map((name) => ({ name, at: BLOCK_PAIRS * placeOf(name).at })),
    integers: INTEGERS.map((name) => ({ name, at: BLOCK_PAIRS * placeOf(name).at })),
    flags: BLOCK_PAIRS * placeOf('flags').at,
    unheld: plan.formats.map(({ name }) => BLOCK_PAIRS * placeOf(`unheld ${name}`).at),
  };
  const flush = (): Promise<void> | undefined => {
    if (inBlock === 0) return undefined;
    let behind: Promise<void> | undefined;
    for (const { at, width } of places.values()) {
      behind = sink.copy(block, BLOCK_PAIRS * at, BLOCK_PAIRS * at + inBlock * width) ?? behind;
    }
    inBlock = 0;
    return behind;
  };
  return {
    get pairs() {
      return pairs;
    },
    add(entry) {
      const row = inBlock;
      for (const { name, at } of columns.words) block.write(entry[name], at + row * DIGEST_BYTES, 'latin1');
      for (const [view, at] of columns.prompts.entries()) {
        block.write(entry.prompts[view] ?? '', at + row * DIGEST_BYTES, 'latin1');
      }
      for (const { name, at } of columns.doubles) block.writeDoubleLE(entry[name], at + row * 8);
      for (const { name, at } of columns.integers) block.writeUInt32LE(entry[name], at + row * 4);
      const opens = (entry.opensGroup ? OPENS_GROUP : 0) | (entry.opensTurn ? OPENS_TURN : 0);
      block.writeUInt16LE(opens | (entry.shape << SHAPE_SHIFT), columns.flags + row * 2);
      for (const [format, at] of columns.unheld.entries()) block[at + row] = entry.unheld[format] ?? 0;
      pairs += 1;
      inBlock += 1;
      return inBlock === BLOCK_PAIRS ? flush() : undefined;
    },
    end: flush,
  };
}

/** Entries that stand together, column by column. Digests are four words each, as they lie in memory. */
export interface PairBlock {
  readonly pairs: number;
  readonly words: (name: (typeof WORDS)[number]) => Uint32Array;
  readonly prompts: (view: View) => Uint32Array;
  readonly doubles: (name: (typeof DOUBLES)[number]) => Float64Array;
  readonly integers: (name: (typeof INTEGERS)[number]) => Uint32Array;
  /** By pair: see {@link opensGroup}, {@link opensTurn}, {@link shapeIn}. */
  readonly flags: Uint16Array;
  readonly unheld: (format: string) => Uint8Array;
}

export const opensGroup = (flags: number): boolean => (flags & OPENS_GROUP) !== 0;
export const opensTurn = (flags: number): boolean => (flags & OPENS_TURN) !== 0;
export const shapeIn = (flags: number): number => flags >> SHAPE_SHIFT;

/**
 * An index again, block after block. Throws {@link CorruptObject} where it has not just the entries of so many pairs: it
 * was cut short, or is another run's. (Its checksum is the caller's to compare.)
 */
export async function* readPairIndex(
  stream: AsyncIterable<Uint8Array>,
  plan: Pick<DatasetPlan, 'views' | 'formats'>,
  { pairs, name }: { readonly pairs: number; readonly name: string },
): AsyncGenerator<PairBlock> {
  const { places, entryBytes } = layOut(plan);
  let left = pairs;
  let block = newBlock(Math.min(left, BLOCK_PAIRS), entryBytes);
  let filled = 0;
  let surplus = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        surplus += chunk.length - at;
        break;
      }
      const some = chunk.subarray(at, at + block.length - filled);
      block.set(some, filled);
      filled += some.length;
      at += some.length;
      if (filled < block.length) continue;
      const rows = Math.min(left, BLOCK_PAIRS);
      yield blockOf(block, rows, places);
      left -= rows;
      filled = 0;
      block = newBlock(Math.min(left, BLOCK_PAIRS), entryBytes);
    }
  }
  if (left === 0 && surplus === 0) return;
  const found = (pairs - left) * entryBytes + filled + surplus;
  throw new CorruptObject(
    `${name} has ${found} bytes, not the ${pairs * entryBytes} of ${pairs} pairs; start the run under another run id.`,
  );
}

/** Where the entry of one pair is in an index of so many: the bytes of its block, and its row there. */
export function placeEntry(
  plan: Pick<DatasetPlan, 'views' | 'formats'>,
  { pair, pairs }: { readonly pair: number; readonly pairs: number },
): { readonly start: number; readonly end: number; readonly row: number } {
  const { entryBytes } = layOut(plan);
  const row = pair % BLOCK_PAIRS;
  const first = pair - row;
  return { start: first * entryBytes, end: Math.min(first + BLOCK_PAIRS, pairs) * entryBytes, row };
}

/** A block by its bytes. */
export function readBlock(bytes: Uint8Array, plan: Pick<DatasetPlan, 'views' | 'formats'>): PairBlock {
  const { places, entryBytes } = layOut(plan);
  const rows = bytes.length / entryBytes;
  const block = newBlock(rows, entryBytes);
  block.set(bytes);
  return blockOf(block, rows, places);
}

/** By format, why it cannot hold a pair of which the index has this in `unheld`. */
export const nameReasons = (
  { formats }: Pick<DatasetPlan, 'formats'>,
  unheld: readonly number[],
): Partial<Record<FormatName, LeftOutReason>> =>
  Object.fromEntries(
    formats.flatMap(({ name }, at) => {
      const reason = LeftOutReason.options[(unheld[at] ?? 0) - 1];
      return reason === undefined ? [] : [[name, reason]];
    }),
  );

/** Memory of its own, so that columns can be read in place. */
const newBlock = (rows: number, entryBytes: number): Buffer => Buffer.allocUnsafeSlow(rows * entryBytes);

function blockOf(block: Buffer, rows: number, places: ReadonlyMap<string, ColumnPlace>): PairBlock {
  const at = (name: string): number => block.byteOffset + rows * (places.get(name)?.at ?? 0);
  return {
    pairs: rows,
    words: (name) => new Uint32Array(block.buffer, at(name), 4 * rows),
    prompts: (view) => new Uint32Array(block.buffer, at(`prompt ${view}`), 4 * rows),
    doubles: (name) => new Float64Array(block.buffer, at(name), rows),
    integers: (name) => new Uint32Array(block.buffer, at(name), rows),
    flags: new Uint16Array(block.buffer, at('flags'), rows),
    unheld: (format) => new Uint8Array(block.buffer, at(`unheld ${format}`), rows),
  };
}
