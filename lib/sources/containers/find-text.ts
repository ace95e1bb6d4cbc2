export const isWhite = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Past the byte order mark, if there is one, and white space. */
export function startOfText(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && isWhite(bytes[at])) at++;
  return at;
}

/** Where the text is, past a byte order mark and without white space around it. */
export function findText(bytes: Uint8Array): { readonly from: number; readonly to: number } {
  const from = startOfText(bytes);
  let to = bytes.length;
  while (to > from && isWhite(bytes[to - 1])) to--;
  return { from, to };
}

/** By its byte order mark. */
export const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
export const UTF16_TEXT = 'it is UTF-16 text; save it as UTF-8';

/** A byte as a person knows it. */
export const describeByte = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
