/** What an object is, by its first bytes. Its name says nothing certain. */
export type Form = 'array' | 'lines' | 'gzip' | 'empty' | { readonly unreadable: string };

/** Enough to see past a byte order mark and the usual white space. */
export const HEAD_BYTES = 4096;

export function sniff(head: Uint8Array): Form {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    return { unreadable: 'it is UTF-16 text; save it as UTF-8' };
  }
  const at = startOfText(head);
  const first = head[at];
  if (first === undefined)
    return head.length < HEAD_BYTES ? 'empty' : { unreadable: 'it begins with 4 KiB of white space' };
  if (first === 0x5b) return 'array';
  if (first === 0x7b) return opensObjectOverLines(head, at) ? { unreadable: ONE_OBJECT } : 'lines';
  const seen =
    first > 0x20 && first < 0x7f ? `"${String.fromCharCode(first)}"` : `byte 0x${first.toString(16).padStart(2, '0')}`;
  return { unreadable: `it begins with ${seen}, not with "[" (a JSON array) or "{" (JSON lines)` };
}

const ONE_OBJECT =
  'it holds one JSON object written over several lines; give an array of trace items (NAT: workflow_output.json) or one item a line';

/** No line of JSONL is a lone "{", and no trace item is an empty object cut off there. */
const opensObjectOverLines = (head: Uint8Array, at: number): boolean => {
  let next = at + 1;
  while (head[next] === 0x20 || head[next] === 0x09 || head[next] === 0x0d) next++;
  return head[next] === 0x0a;
};

/** Past the byte order mark, if there is one, and white space. */
const startOfText = (head: Uint8Array): number => {
  let at = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  for (let byte = head[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = head[at]) at++;
  return at;
};
