/*
 * Strings in a text of JSON. No regular expression: one that steps over a string of some megabytes runs out of stack.
 */

/** Index of the quote that closes the string which opens at `quote`; -1 where none does. */
export function endOfString(text: string, quote: number): number {
  let end = text.indexOf('"', quote + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether the test is met by one of the pieces of JSON between its strings. */
export function someBetweenStrings(text: string, test: (piece: string) => boolean): boolean {
  for (let from = 0; ; ) {
    const quote = text.indexOf('"', from);
    if (test(quote === -1 ? text.slice(from) : text.slice(from, quote))) return true;
    const end = quote === -1 ? -1 : endOfString(text, quote);
    if (end === -1) return false;
    from = end + 1;
  }
}

/** Whether the text begins as an object or a list does, and ends inside a string or before its brackets close. */
export const isUnclosed = (text: string): boolean => /^[[{]/.test(text) && (openBrackets(text) ?? 1) > 0;

/** How many brackets more open than close; undefined where the text ends inside a string. */
export function openBrackets(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      at = endOfString(text, at);
      if (at === -1) return undefined;
    }
  }
  return depth;
}

const isEscaped = (text: string, quote: number): boolean => {
  let at = quote;
  while (text[at - 1] === '\\') at--;
  return (quote - at) % 2 === 1;
};
