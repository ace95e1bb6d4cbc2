import { Buffer, isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { copyIn, global, instantiateScanner, memory, scanFunction } from './wasm-module.ts';

/** Where a JSON value stands in its trace item. */
export type Span = {
  /** Offsets in bytes from the item's first. */
  readonly start: number;
  readonly end: number;
  /** For text: whether it holds escapes, and whether some of them JSON.stringify might write otherwise. */
  readonly escapes: 'none' | 'canonical' | 'respelled';
};

/** A TTC_END step: where it and its members stand; undefined: it has no such member. */
export type CandidateSpans = Readonly<Record<CandidateMember, Span | undefined>>;

export type ItemScan = {
  readonly id: Span | undefined;
  readonly intermediate_steps: Span | undefined;
  /** How many elements `intermediate_steps` has; 0 if it is no array. */
  readonly steps: number;
  /** How deep lists and objects nest. */
  readonly depth: number;
  /** Whether a number has 16 digits or more before its end or exponent: a double may not hold it. */
  readonly longInteger: boolean;
  /** The steps whose `payload.event_type` is TTC_END, in order. */
  readonly candidates: readonly CandidateSpans[];
};

/** `undecided`: only JSON.parse can tell (nested 50,000 deep, or a key written with escapes). */
export type ScanResult = ItemScan | 'not_json' | 'undecided';

export type ItemScanner = {
  /**
   * One pass over a trace item in UTF-8. `not_json` exactly where
   * `JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))` throws. Its memory stays as
   * large as the largest item it has met.
   */
  readonly scan: (bytes: Uint8Array) => ScanResult;
};

/** The item's keys for its id and its steps. */
export type ItemKeys = { readonly id: string; readonly trajectory: string };

export function createItemScanner(keys: ItemKeys = { id: 'id', trajectory: 'intermediate_steps' }): ItemScanner {
  const scanner = ScannerExports.parse(instantiateScanner());
  describeMembers(scanner, keys);
  return { scan: (bytes) => scanItem(scanner, bytes) };
}

/**
 * Tracked members, each object's in a row and containers last, as scanner.as wants its slots; the number is the slot.
 * A step is an element of `intermediate_steps`.
 */
const SLOT = {
  item: 1,
  id: 2,
  intermediate_steps: 3,
  step: 4,
  payload: 5,
  event_type: 6,
  name: 7,
  UUID: 8,
  metadata: 9,
  data: 10,
  turn_id: 11,
  turn_index: 12,
  candidate_index: 13,
  score: 14,
  input: 15,
  output: 16,
} as const;
type Slot = (typeof SLOT)[keyof typeof SLOT];
const SLOTS = Object.keys(SLOT).length;

const MEMBERS = [
  [SLOT.item, ['id', 'intermediate_steps']],
  [SLOT.step, ['payload']],
  [SLOT.payload, ['event_type', 'name', 'UUID', 'metadata', 'data']],
  [SLOT.data, ['turn_id', 'turn_index', 'candidate_index', 'score', 'input', 'output']],
] as const;

const CANDIDATE_MEMBERS = [
  'step',
  'name',
  'UUID',
  'metadata',
  'data',
  'turn_id',
  'turn_index',
  'candidate_index',
  'score',
  'input',
  'output',
] as const;
export type CandidateMember = (typeof CANDIDATE_MEMBERS)[number];

const ScannerExports = z.object({
  memory,
  scanItem: scanFunction,
  position: scanFunction,
  setLastSlot: scanFunction,
  SLOTS: global,
  MEMBERS: global,
  ELEMENT: global,
  KEYS: global,
  deepest: global,
  longInteger: global,
  INPUT: global,
  INVALID: global,
  ELEMENT_ENDED: global,
  UNDECIDED: global,
});
type ScannerExports = z.infer<typeof ScannerExports>;

/** A key's bytes have a place of this many. */
const KEY_BYTES = 31;

/** Whether the scanner can look for these keys: others are for JSON.parse. */
export const canScanFor = ({ id, trajectory }: ItemKeys): boolean =>
  id !== trajectory && [id, trajectory].every((key) => Buffer.byteLength(key) <= KEY_BYTES);

function describeMembers(scanner: ScannerExports, { id, trajectory }: ItemKeys): void {
  const named: Readonly<Partial<Record<keyof typeof SLOT, string>>> = { id, intermediate_steps: trajectory };
  const at = new Uint8Array(scanner.memory.buffer);
  for (const [object, keys] of MEMBERS) {
    at[scanner.MEMBERS.value + object] = keys.length;
    for (const key of keys) {
      const entry = scanner.KEYS.value + 32 * SLOT[key];
      const bytes = Buffer.from(named[key] ?? key);
      at[entry] = bytes.length;
      at.set(bytes, entry + 1);
    }
  }
  at[scanner.ELEMENT.value + SLOT.intermediate_steps] = SLOT.step;
  scanner.setLastSlot(SLOTS);
}

function scanItem(scanner: ScannerExports, bytes: Uint8Array): ScanResult {
  if (bytes.length === 0 || !isUtf8(bytes)) return 'not_json';
  copyIn(scanner.memory, bytes, scanner.INPUT.value);
  const slots = new Uint32Array(scanner.memory.buffer, scanner.SLOTS.value, 4 * (SLOTS + 1));
  const endedElement = scanner.ELEMENT_ENDED.value;

  let steps = 0;
  let stepsStart = 0;
  let candidates: CandidateSpans[] = [];
  let result = scanner.scanItem(bytes.length);
  for (; result === endedElement; result = scanner.scanItem(0)) {
    const start = slots[4 * SLOT.intermediate_steps] ?? 0;
    if (start !== stepsStart) {
      // The key came twice: JSON.parse takes the last.
      stepsStart = start;
      steps = 0;
      candidates = [];
    }
    steps += 1;
    if (isCandidate(slots, bytes)) candidates.push(candidateSpans(slots));
  }
  if (result === scanner.UNDECIDED.value) return 'undecided';
  if (result === scanner.INVALID.value || scanner.position(0) !== bytes.length) return 'not_json';
  const intermediate_steps = spanIn(slots, SLOT.intermediate_steps);
  const stale = slots[4 * SLOT.intermediate_steps] !== stepsStart;
  return {
    id: spanIn(slots, SLOT.id),
    intermediate_steps,
    depth: scanner.deepest.value,
    longInteger: scanner.longInteger.value === 1,
    steps: stale ? 0 : steps,
    candidates: stale ? [] : candidates,
  };
}

const TTC_END = Buffer.from('"TTC_END"');

function isCandidate(slots: Uint32Array, bytes: Uint8Array): boolean {
  const type = spanIn(slots, SLOT.event_type);
  if (type === undefined) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + type.start, type.end - type.start);
  return type.escapes === 'none' ? text.equals(TTC_END) : JSON.parse(text.toString()) === 'TTC_END';
}

function candidateSpans(slots: Uint32Array): CandidateSpans {
  return {
    step: spanIn(slots, SLOT.step),
    name: spanIn(slots, SLOT.name),
    UUID: spanIn(slots, SLOT.UUID),
    metadata: spanIn(slots, SLOT.metadata),
    data: spanIn(slots, SLOT.data),
    turn_id: spanIn(slots, SLOT.turn_id),
    turn_index: spanIn(slots, SLOT.turn_index),
    candidate_index: spanIn(slots, SLOT.candidate_index),
    score: spanIn(slots, SLOT.score),
    input: spanIn(slots, SLOT.input),
    output: spanIn(slots, SLOT.output),
  };
}

const ESCAPES = ['none', 'canonical', 'respelled', 'respelled'] as const;

function spanIn(slots: Uint32Array, slot: Slot): Span | undefined {
  const end = slots[4 * slot + 1] ?? 0;
  if (end === 0) return undefined;
  const escapes = ESCAPES[slots[4 * slot + 2] ?? 0] ?? 'respelled';
  return { start: slots[4 * slot] ?? 0, end, escapes };
}
