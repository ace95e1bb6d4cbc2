import { endOfString } from './json-strings.ts';

/*
 * Python's json writes a float that is no number as NaN, Infinity or -Infinity, and reads them. NAT's pandas puts NaN
 * in every column that a row lacks. JSON has no such tokens, and no file of ours may hold one: here they become null. A
 * score's become a number that is too large for a double, so that its candidate can be refused by the right name.
 */

/** What a score that is not finite is replaced by: JSON.parse makes Infinity of it, and JSON.stringify null of that. */
export const NOT_FINITE = '1e999';

/** Parses JSON as Python's json does. `text` is JSON in any case. Undefined where Python would refuse it too. */
export function parsePythonJson(text: string): { readonly text: string; readonly value: unknown } | undefined {
  const value = parsed(text);
  if (value !== undefined) return { text, value };
  const json = replaceNonFinite(text);
  if (json === undefined) return undefined;
  const replaced = parsed(json);
  return replaced === undefined ? undefined : { text: json, value: replaced };
}

/** The bytes with no such token in them; undefined where there is none, and nothing to replace. */
export function withoutNonFinite(bytes: Buffer): Buffer | undefined {
  if (!bytes.includes('NaN') && !bytes.includes('Infinity')) return undefined;
  // A character a byte: whatever the bytes are, they come out as they went in.
  const replaced = replaceNonFinite(bytes.toString('latin1'));
  return replaced === undefined ? undefined : Buffer.from(replaced, 'latin1');
}

function replaceNonFinite(text: string): string | undefined {
  const token = /NaN|-?Infinity/g;
  const pieces: string[] = [];
  let kept = 0;
  let passed: Quoted | undefined = nextString(text, 0);
  let last: Quoted | undefined;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    for (; passed && passed.start < found.index; passed = nextString(text, passed.end + 1)) last = passed;
    if (last && found.index < last.end) {
      token.lastIndex = last.end + 1;
    } else if (standsAlone(text, found.index, token.lastIndex)) {
      pieces.push(text.slice(kept, found.index), last && isScore(text, last, found.index) ? NOT_FINITE : 'null');
      kept = token.lastIndex;
    }
  }
  return kept === 0 ? undefined : [...pieces, text.slice(kept)].join('');
}

/** Indices of its two quotes. A string that never closes ends behind the text. */
type Quoted = { readonly start: number; readonly end: number };

function nextString(text: string, from: number): Quoted | undefined {
  const start = text.indexOf('"', from);
  if (start === -1) return undefined;
  const end = endOfString(text, start);
  return { start, end: end === -1 ? text.length : end };
}

/** Where a value may stand. Within a longer word (`NaN1`, `-NaN`) the token is none of Python's. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = lastBefore(text, start);
  return (before === -1 || ':[,'.includes(text.charAt(before))) && ',]} \t\n\r'.includes(text.charAt(end));
}

/** Whether the value that begins at `at` is of the key "score". */
function isScore(text: string, { start, end }: Quoted, at: number): boolean {
  const colon = lastBefore(text, at);
  return (
    text[colon] === ':' && lastBefore(text, colon) === end && end - start === 6 && text.startsWith('score', start + 1)
  );
}

/** Index of the last character before `at` that is no white space; -1 where there is none. */
function lastBefore(text: string, at: number): number {
  let before = at - 1;
  while (before >= 0 && ' \t\n\r'.includes(text.charAt(before))) before--;
  return before;
}

/** No JSON text is undefined. */
function parsed(text: string): unknown {
  if (!mayBeJson(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error of JSON.parse costs some 20 µs, as much as ten kilobytes of JSON: not for each of a million lines of two bytes. */
function mayBeJson(text: string): boolean {
  const [first, last] = [text.charAt(0), text.charAt(text.length - 1)];
  const closing = CLOSINGS[first];
  if (closing !== undefined) return text.length > 1 && (last === closing || ' \t\n\r'.includes(last));
  return first !== '' && '-0123456789tfnNI \t\n\r'.includes(first);
}

const CLOSINGS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"' };
