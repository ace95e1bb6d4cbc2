/** Whether a text has half of a surrogate pair. JSON can write it, but it is no Unicode. */
export const hasLoneSurrogate = (json: string, value: () => unknown): boolean =>
  // Most JSON has no such escape. Those of whole pairs are gone once it is written anew.
  // Without the backslashes of the text, those that are left begin escapes.
  json.includes('\\u') && ESCAPE.test(json) && JSON.stringify(value()).replaceAll('\\\\', '').includes('\\ud');

const ESCAPE = /\\u[dD][89a-fA-F]/;
