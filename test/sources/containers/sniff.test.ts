import { expect, test } from 'vitest';
import { HEAD_BYTES, sniff } from '../../../lib/sources/containers/sniff.ts';

const item = { id: 1, steps: [{ a: 1 }] };
const items = [item, item];
const long = 'x'.repeat(HEAD_BYTES);

test.each([
  ['two spaces, as NAT writes', JSON.stringify(items, null, 2), '  '],
  ['tabs', JSON.stringify(items, null, '\t'), '\t'],
  ['CRLF', JSON.stringify(items, null, 4).replaceAll('\n', '\r\n'), '    '],
  ['a byte order mark and white space around "["', `\uFEFF\n [ \n\n  {\n    "id": 1\n  }\n]`, '  '],
  ['lines within elements alone', '[\n{\n  "id": 1\n},\n{\n  "id": 2\n}\n]', ''],
  ['an element a line', '[\n{"id":1,"a":{}},\n{"id":2}\n]', ''],
  ['one element on its line', '[\n  {"id":1}\n]', '  '],
  ['an element a line, the first longer than the head', `[\n  {"id":1,"a":"${long}"},\n  {"id":2}\n]`, '  '],
])('an array is known to be indented by %s', (_, text, indentation) => {
  expect(sniff(head(text))).toEqual({ kind: 'array', indentation });
});

test.each([
  ['on one line', JSON.stringify(items)],
  ['behind "[" on its line', `[${JSON.stringify(item, null, 2)}]`],
  [
    'of lines that are all indented alike (json.dumps with indent=0)',
    '[\n{\n"id": 1,\n"steps": [\n{\n"a": 1\n}\n]\n}\n]',
  ],
  ['with members on lines that are not indented deeper', '[\n  {"id": 1, "a": {},\n  "steps": []}\n]'],
  ['of which two are on the only line', '[\n{"id":1},{"id":2}]'],
  ['that are no objects', '[\n  1,\n  2\n]'],
  ['of which there are none', '[\n]'],
  ['too far away to be seen', `[\n${' '.repeat(HEAD_BYTES)}{\n"id": 1`],
])('an array with elements %s is not', (_, text) => {
  expect(sniff(head(text))).toEqual({ kind: 'array', indentation: null });
});

function head(text: string): Buffer {
  return Buffer.from(text).subarray(0, HEAD_BYTES);
}
