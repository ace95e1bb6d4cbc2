import { depthOf } from '../json/exact-json.ts';
import { parsePythonJson } from '../json/python-json.ts';
import { MAX_DEPTH } from '../record.ts';
import { MAX_VALUES, withinValues } from '../value-cap.ts';

/**
 * A list or an object that is written as JSON within text: a cell of CSV, an attribute of a span. Anything else is itself,
 * and so is JSON that nests too deep or holds too much: what limits a record limits the text in it.
 */
export function unwrapJson(found: unknown): unknown {
  if (typeof found !== 'string' || !/^\s*[[{]/.test(found) || depthOf(found, MAX_DEPTH) > MAX_DEPTH) return found;
  if (found.length <= MAX_VALUES) return parsed(found) ?? found;
  const read = readLarge(Buffer.from(found));
  return 'item' in read ? (read.item ?? found) : found;
}

const readLarge = withinValues((bytes: Buffer) => ({ item: parsed(bytes.toString()) }));

const parsed = (text: string): unknown => parsePythonJson(text)?.value;
