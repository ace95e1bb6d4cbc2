/** A URL or path without the slashes at its end. In linear time, which `/\/+$/` is not: it tries every slash anew. */
export function withoutEndSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}
