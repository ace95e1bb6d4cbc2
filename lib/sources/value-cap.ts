import { type ReadItem, reject } from './record.ts';

/**
 * Four million, counted as commas and opening brackets. Parsed so that every number keeps its digits they take up to 1 GB,
 * however few bytes they are written in; 64 MiB of `[],` would take 7 GB and more.
 */
export const MAX_VALUES = 4_000_000;

/** Refuses what holds more, before anything is parsed. */
export const withinValues =
  <Item>(read: ReadItem<Item>): ReadItem<Item> =>
  (bytes) =>
    bytes.length > MAX_VALUES && holdsMore(bytes) ? TOO_MANY : read(bytes);

const TOO_MANY = reject(
  'too_many_values',
  `it holds more than ${MAX_VALUES} values; drop steps that are not candidates (NAT: workflow_output_step_filter: [TTC_END])`,
);

function holdsMore(bytes: Buffer): boolean {
  let values = 0;
  for (let at = 0; at < bytes.length && values <= MAX_VALUES; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      if (at === -1) return false;
    } else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) values++;
  }
  return values > MAX_VALUES;
}

/** Of its closing quote; -1 where there is none. */
function endOfString(bytes: Buffer, begin: number): number {
  let end = bytes.indexOf(QUOTE, begin + 1);
  while (end !== -1 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end;
}

function isEscaped(bytes: Buffer, quote: number): boolean {
  let at = quote;
  while (bytes[at - 1] === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
}

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];
