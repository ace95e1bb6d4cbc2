/** Whether a text has half of a surrogate pair. JSON can write it, but it is no Unicode. */
export const hasLoneSurrogate = (json: string, value: () => unknown): boolean =>
  // Most JSON has no such escape. Those of whole pairs are gone once it is written anew.
  ESCAPE.test(json) && LONE.test(JSON.stringify(value()));

const ESCAPE = /\\u[dD][89a-fA-F]/;
/** An escape, not a backslash of the text. */
const LONE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
