import { isWhite } from './array-elements.ts';

/** Where the text is, past a byte order mark and without white space around it. */
export function findText(bytes: Uint8Array): { readonly from: number; readonly to: number } {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let to = bytes.length;
  while (from < to && isWhite(bytes[from])) from++;
  while (to > from && isWhite(bytes[to - 1])) to--;
  return { from, to };
}
