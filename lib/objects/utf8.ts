declare const encoded: unique symbol;

/**
 * UTF-8 in a string, a character a byte (what Node calls latin1). Such text is cut out of a buffer, compared, joined and
 * written at the speed of copying, because nothing is decoded or encoded on the way.
 */
export type Utf8 = string & { readonly [encoded]: true };

// The brand is the one thing here that cannot be parsed into being.
export const utf8Of = (bytes: Buffer, start: number, end: number): Utf8 => bytes.toString('latin1', start, end) as Utf8;

export const toUtf8 = (text: string): Utf8 => {
  const bytes = Buffer.from(text);
  return (bytes.length === text.length ? text : bytes.toString('latin1')) as Utf8;
};

export const fromUtf8 = (utf8: Utf8): string => Buffer.from(utf8, 'latin1').toString();

/** Joins texts. What stands between them is the program's own and has to be ASCII. */
export function utf8(between: TemplateStringsArray, ...texts: readonly (Utf8 | number)[]): Utf8 {
  let joined = between[0] ?? '';
  for (let at = 0; at < texts.length; at++) joined += `${texts[at]}${between[at + 1]}`;
  return joined as Utf8;
}
