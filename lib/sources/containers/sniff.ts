import { describeByte, isUtf16, startOfText, UTF16_TEXT } from './find-text.ts';

/** What an object is, by its first bytes. Its name says nothing certain. */
export type Form =
  | { readonly kind: 'lines' }
  | { readonly kind: 'gzip' }
  | { readonly kind: 'empty' }
  /** `indentation` of the lines that begin its elements; null: only brackets show where elements begin. */
  | { readonly kind: 'array'; readonly indentation: string | null }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Enough to see past a byte order mark and the usual white space, and how an array's first element is indented. */
export const HEAD_BYTES = 4096;

export function sniff(head: Uint8Array): Form {
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' };
  if (isUtf16(head)) return { kind: 'unreadable', why: UTF16_TEXT };
  const at = startOfText(head);
  const first = head[at];
  if (first === undefined) {
    return head.length < HEAD_BYTES
      ? { kind: 'empty' }
      : { kind: 'unreadable', why: 'it begins with 4 KiB of white space' };
  }
  if (first === 0x5b) return { kind: 'array', indentation: indentationOf(head, at + 1) };
  if (first === 0x7b) {
    return opensObjectOverLines(head, at) ? { kind: 'unreadable', why: ONE_OBJECT } : { kind: 'lines' };
  }
  return {
    kind: 'unreadable',
    why: `it begins with ${describeByte(first)}, not with "[" (a JSON array) or "{" (JSON lines)`,
  };
}

const ONE_OBJECT =
  'it holds one JSON object written over several lines; give an array of trace items (NAT: workflow_output.json) or one item a line';

/**
 * The first element's indentation, if each line with it may begin an element: the first element begins a line, and the
 * next line is indented deeper, or begins another element, or ends the array, or is not in the head.
 */
function indentationOf(head: Uint8Array, behindBracket: number): string | null {
  const lines = Buffer.from(head.subarray(behindBracket)).toString('latin1').split('\n');
  const number = lines.findIndex(isNotBlank);
  const [, indentation, element] = /^([ \t]*)(\{.*)/.exec(lines[number] ?? '') ?? [];
  if (number < 1 || indentation === undefined || element === undefined) return null;
  const next = lines.slice(number + 1).find(isNotBlank);
  // A line that long is nearly always a whole element.
  if (next === undefined) return number === lines.length - 1 && head.length === HEAD_BYTES ? indentation : null;
  const [, deep = '', begin] = /^([ \t]*)(.)/.exec(next) ?? [];
  const whole = /\}[ \t,\r]*$/.test(element);
  const another = whole && (begin === ']' || (begin === '{' && deep === indentation));
  return deep.length > indentation.length || another ? indentation : null;
}

const isNotBlank = (line: string): boolean => /[^ \t\r]/.test(line);

/** No line of JSONL is a lone "{", and no trace item is an empty object cut off there. */
const opensObjectOverLines = (head: Uint8Array, at: number): boolean => {
  let next = at + 1;
  while (head[next] === 0x20 || head[next] === 0x09 || head[next] === 0x0d) next++;
  return head[next] === 0x0a;
};
