import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactly } from '../../../lib/sources/json/exact-json.ts';
import { parsePythonJson, withoutNonFinite } from '../../../lib/sources/json/python-json.ts';

const value = (text: string): unknown => {
  const read = parsePythonJson(text);
  return read ? read.value : 'refused';
};

describe('JSON as Python writes it', () => {
  it.each([
    ['NaN', null],
    ['[NaN,Infinity,-Infinity]', [null, null, null]],
    ['[ NaN , Infinity\t,\r\n-Infinity\n]', [null, null, null]],
    ['{"a":NaN,"b":{"c":[-Infinity]}}', { a: null, b: { c: [null] } }],
    ['{"a": "NaN", "b": "\\"NaN", "c\\\\": NaN, "NaN": 1}', { a: 'NaN', b: '"NaN', 'c\\': null, NaN: 1 }],
    ['["x, NaN, -Infinity]", "\\\\", NaN]', ['x, NaN, -Infinity]', '\\', null]],
    ['{"score": NaN}', { score: Number.POSITIVE_INFINITY }],
    ['{"score"\n :\t-Infinity , "scores": NaN}', { score: Number.POSITIVE_INFINITY, scores: null }],
    ['{"score": [NaN], "x": "score", "y": NaN}', { score: [null], x: 'score', y: null }],
  ])('%s is read', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each([
    ...['nan', 'inf', '+Infinity', '-NaN', '--Infinity', 'NaN1', '1NaN', '5 NaN', 'NaNNaN', '[NaN NaN]', 'Infinity.0'],
    ...['{NaN:1}', '{"score": -NaN}', '{"score": 1NaN}', '{"score": NaN5}', '{"score": NaNe5}', '["NaN', '[NaN'],
    ...['{"score": "NaN}', '\u00a0NaN', 'undefined', '', '[NaN,]'],
  ])('%s is refused, as Python refuses it', (text) => {
    expect(value(text)).toBe('refused');
  });

  it('is the same JSON, with null where a number is none', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('score', 'NaN', '"score":', 'a\\"'));
    const leaf = fc.oneof(
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      fc.oneof(fc.constantFrom('NaN', ' , NaN ]', '\\', ': -Infinity,'), fc.string(), fc.double(), fc.boolean()),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(key, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(['', ''], [' ', '\n  ']), (data, [colon = '', line = '']) => {
        const text = pythonText(data, colon, line);
        const json = JSON.stringify(data);
        expect(JSON.stringify(value(text))).toBe(json);
        const read = parsePythonJson(text);
        expect(JSON.stringify(parseExactly(read?.text ?? ''))).toBe(json);
        const bytes = withoutNonFinite(Buffer.from(text));
        expect((bytes ?? Buffer.from(text)).toString()).toBe(read?.text);
      }),
    );
  });

  it('leaves the bytes alone in which every number is one, and every other byte of those in which one is none', () => {
    expect(withoutNonFinite(Buffer.from('{"a":"NaN, -Infinity"}'))).toBeUndefined();
    const odd = Buffer.concat([Buffer.from('{"\u00e9\u6f22":"'), Buffer.from([0xff, 0xc0]), Buffer.from('","x":NaN}')]);
    const replaced = Buffer.concat([odd.subarray(0, -4), Buffer.from('null}')]);
    expect(withoutNonFinite(odd)).toEqual(replaced);
  });
});

/** What Python's `json.dumps(data, ensure_ascii=False)` writes. */
function pythonText(data: unknown, colon: string, line: string): string {
  if (typeof data === 'number' && !Number.isFinite(data)) return String(data);
  if (Array.isArray(data)) return `[${data.map((each) => line + pythonText(each, colon, line)).join(',')}${line}]`;
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const members = Object.entries(data).map(
    ([key, each]) => `${line}${JSON.stringify(key)}:${colon}${pythonText(each, colon, line)}`,
  );
  return `{${members.join(',')}${line}}`;
}
