import * as z from 'zod';
import { copyIn, global, instantiateScanner, memory, scanFunction } from './wasm-module.ts';

/** Where a splitter stands between two chunks: plain JSON, so that another one can go on from it. */
export const SplitterState = z.strictObject({
  /** Bytes pushed so far. */
  offset: z.int().min(0),
  /** A fault (`not_array`, `unopened`, `trailing`) ends the scan: its place is `end`. A byte order mark is one. */
  phase: z.enum(['before_array', 'in_array', 'after_array', 'not_array', 'unopened', 'trailing']),
  /** Open brackets within the array. */
  nesting: z.int().min(0),
  in_string: z.boolean(),
  after_backslash: z.boolean(),
  after_comma: z.boolean(),
  /** The open element's first byte, and the byte after its last so far; null: none is open. */
  start: z.int().min(0).nullable(),
  end: z.int().min(0).nullable(),
  /** The first raw newline in a string, which is no JSON and means that a quote may be missing. */
  newline_in_string: z.int().min(0).nullable(),
});
export type SplitterState = z.infer<typeof SplitterState>;

export type ArraySplitter = {
  /**
   * Calls `onElement` with the first byte of each element that ends in this chunk and the byte after its last,
   * counted from the stream's first byte. An element may have begun in an earlier chunk. After a fault it is silent.
   */
  readonly push: (chunk: Uint8Array, onElement: (start: number, end: number) => void) => void;
  readonly state: () => SplitterState;
};

/**
 * Finds the elements of a JSON array by its strings and brackets alone: whether an element is JSON is for a reader of
 * the element to say. The spans are the same whatever the chunks. Between two commas stands an empty element.
 */
export function createArraySplitter(from: SplitterState = AT_START): ArraySplitter {
  const scanner = SplitterExports.parse(instantiateScanner());
  resume(scanner, from);
  return {
    push: (chunk, onElement) => {
      for (let at = 0; at < chunk.length; at += PIECE) split(scanner, chunk.subarray(at, at + PIECE), onElement);
    },
    state: () => stateOf(scanner),
  };
}

/** Fits a core's cache, so that copying it costs next to nothing. */
const PIECE = 1 << 17;

const AT_START: SplitterState = {
  offset: 0,
  phase: 'before_array',
  nesting: 0,
  in_string: false,
  after_backslash: false,
  after_comma: false,
  start: null,
  end: null,
  newline_in_string: null,
};

/** In scanner.as's order. */
const PHASES = SplitterState.shape.phase.options;

const SplitterExports = z.object({
  memory,
  splitArray: scanFunction,
  offset: global,
  phase: global,
  nesting: global,
  inString: global,
  afterBackslash: global,
  afterComma: global,
  start: global,
  end: global,
  newline: global,
  SPANS: global,
  MAX_SPANS: global,
  INPUT: global,
});
type SplitterExports = z.infer<typeof SplitterExports>;

function split(scanner: SplitterExports, piece: Uint8Array, onElement: (start: number, end: number) => void): void {
  copyIn(scanner.memory, piece, scanner.INPUT.value);
  const most = scanner.MAX_SPANS.value;
  const spans = new Float64Array(scanner.memory.buffer, scanner.SPANS.value, 2 * most);
  for (let length = piece.length; ; length = 0) {
    const found = scanner.splitArray(length);
    for (let at = 0; at < 2 * found; at += 2) onElement(spans[at] ?? 0, spans[at + 1] ?? 0);
    if (found < most) return;
  }
}

function resume(scanner: SplitterExports, from: SplitterState): void {
  scanner.offset.value = from.offset;
  scanner.phase.value = PHASES.indexOf(from.phase);
  scanner.nesting.value = from.nesting;
  scanner.inString.value = Number(from.in_string);
  scanner.afterBackslash.value = Number(from.after_backslash);
  scanner.afterComma.value = Number(from.after_comma);
  scanner.start.value = from.start ?? -1;
  scanner.end.value = from.end ?? -1;
  scanner.newline.value = from.newline_in_string ?? -1;
}

function stateOf(scanner: SplitterExports): SplitterState {
  const place = (value: number) => (value < 0 ? null : value);
  return {
    offset: scanner.offset.value,
    phase: PHASES[scanner.phase.value] ?? 'not_array',
    nesting: scanner.nesting.value,
    in_string: scanner.inString.value === 1,
    after_backslash: scanner.afterBackslash.value === 1,
    after_comma: scanner.afterComma.value === 1,
    start: place(scanner.start.value),
    end: place(scanner.end.value),
    newline_in_string: place(scanner.newline.value),
  };
}
