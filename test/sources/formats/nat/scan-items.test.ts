import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createItemScanner, type ItemScan } from '../../../../lib/sources/formats/nat/scan/item-scanner.ts';
import { differenceFromParse, mutate, natItems, parseItem } from './scan-reference.ts';

const scanner = createItemScanner();
const difference = (text: string | Uint8Array) => differenceFromParse(scanner, Buffer.from(text));

describe('the item scanner', () => {
  it('finds what JSON.parse finds in items of NAT', () => {
    for (const item of natItems()) {
      expect(difference(item)).toBeUndefined();
      expect(read(item).candidates).toHaveLength(1);
    }
  });

  it('agrees with JSON.parse on any JSON value, compact and indented', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, 2, '\t'), (value, indent) => {
        expect(difference(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('agrees with JSON.parse on items whose members come twice, misspelled, escaped or of another kind', () => {
    fc.assert(
      fc.property(anyItem, (text) => {
        expect(difference(text)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with JSON.parse on mutated items, valid or not', () => {
    const items = natItems();
    fc.assert(
      fc.property(fc.nat(items.length - 1), fc.infiniteStream(fc.nat()), (which, choices) => {
        const random = (below: number) => choices.next().value % below;
        expect(difference(mutate(items[which] ?? Buffer.alloc(0), random))).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with JSON.parse on an item cut short at any byte', () => {
    const [item = Buffer.alloc(0)] = natItems();
    for (let length = 0; length < item.length; length += 1)
      expect(difference(item.subarray(0, length))).toBeUndefined();
  });

  it('agrees with JSON.parse on every byte, bare, in text, after a backslash and as an escape', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const c = Buffer.from([byte]);
      for (const [before, after] of AROUND_A_BYTE) {
        expect(difference(Buffer.concat([Buffer.from(before), c, Buffer.from(after)]))).toBeUndefined();
      }
    }
  });

  it('sees nothing of a longer item that it scanned before', () => {
    const long = Buffer.from(`{"id":"${'x'.repeat(200_000)}"}`);
    for (const short of ['{"id":"', '12', '{"id":1', '"', '-', 'tru', '{"id":"\\u00', '[1,', '']) {
      expect(read(long).steps).toBe(0);
      expect(difference(short)).toBeUndefined();
    }
  });

  it('takes the last of equal keys, and forgets what stood within the earlier one', () => {
    const step = (id: string) => `{"payload":{"event_type":"TTC_END","data":{"turn_id":"${id}","score":1}}}`;
    const twice = `{"intermediate_steps":[${step('a')},${step('b')}],"intermediate_steps":[${step('c')}]}`;
    expect(read(twice).candidates).toHaveLength(1);
    expect(read(`{"intermediate_steps":[${step('a')}],"intermediate_steps":null}`).candidates).toHaveLength(0);
    const inner = '{"payload":{"event_type":"TTC_END","data":{"score":1},"data":{"turn_id":"t"}}}';
    const [candidate] = read(`{"intermediate_steps":[${inner}]}`).candidates;
    expect(candidate?.score).toBeUndefined();
    expect(candidate?.turn_id).toBeDefined();
  });

  it('leaves an escaped key of an item, step, payload or data to JSON.parse, and no other', () => {
    const undecided = ['{"\\u0069d":1}', '{"intermediate_steps":[{"payload":{"\\n":1}}]}'];
    for (const item of undecided) expect(scanner.scan(Buffer.from(item))).toBe('undecided');
    expect(read('{"x":{"\\n":1},"intermediate_steps":[{"payload":{"metadata":{"\\u0069d":1}}}]}').steps).toBe(1);
  });

  it('leaves what is nested too deep to JSON.parse', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect(read(nested(50_000)).steps).toBe(0);
    expect(scanner.scan(nested(60_000))).toBe('undecided');
    expect(parseItem(nested(60_000))).not.toBe('not_json');
  });

  it('refuses a byte order mark, as JSON.parse does', () => {
    expect(scanner.scan(Buffer.from('\ufeff{"id":7}'))).toBe('not_json');
  });
});

function read(item: string | Uint8Array): ItemScan {
  const scan = scanner.scan(Buffer.from(item));
  if (typeof scan === 'string') throw new Error(`the scan of ${item.slice(0, 100)} is ${scan}`);
  return scan;
}

const AROUND_A_BYTE = [
  ['', ''],
  ['{"id":', '}'],
  ['{"id":1', '}'],
  ['[1', '1]'],
  ['"', '"'],
  ['"0123456789abcde', 'f"'],
  ['"\\', '"'],
  ['"\\u', '123"'],
  ['"\\u123', '"'],
  ['1.', ''],
  ['1e', '2'],
  ['-', ''],
  ['tru', ''],
] as const;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('TTC_END', 'TTC_START', 'a/b', 'é🙂'),
);
/** JSON text of a string, some of its characters as escapes that JSON.stringify would not write. */
const spelled = fc.tuple(text, fc.constantFrom(0, 0, 0, 1, 2, 3)).map(([value, style]) => {
  const plain = JSON.stringify(value);
  if (style === 1) return plain.replaceAll('/', '\\/');
  if (style === 2) return plain.replace(/[A-Za-z]/, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  return style === 3 ? plain.replaceAll('E', '\\u0045') : plain;
});
const gap = fc.constantFrom('', '', '', ' ', '\n  ', '\r\n\t', `\n${' '.repeat(40)}`);
const leaf = fc.oneof(
  spelled,
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-1.5e-3',
    '1e999',
    '12345678901234567890',
    '1234567890123456.5',
    '[]',
    '{}',
    '[{"a":[]}]',
  ),
);

const objectOf = (members: Record<string, fc.Arbitrary<string>>) =>
  fc
    .array(
      fc.oneof(
        ...Object.entries(members).map(([key, value]) => fc.tuple(keyed(key), value, gap, gap)),
        fc.tuple(spelled, leaf, gap, gap),
      ),
      { maxLength: 8 },
    )
    .map((pairs) => `{${pairs.map(([key, value, a, b]) => `${a}${key}${b}:${a}${value}${b}`).join(',')}}`);
const keyed = (key: string) =>
  fc.constantFrom(...Array(9).fill(`"${key}"`), `"\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}"`);

const data = objectOf({
  turn_id: leaf,
  turn_index: leaf,
  candidate_index: leaf,
  score: leaf,
  input: leaf,
  output: leaf,
});
const type = fc.oneof(leaf, fc.constantFrom('"TTC_END"', '"TTC_END"', '"\\u0054TC_END"'));
const payload = objectOf({ event_type: type, name: leaf, UUID: leaf, metadata: data, data: fc.oneof(data, leaf) });
const step = objectOf({ payload: fc.oneof({ weight: 4, arbitrary: payload }, { weight: 1, arbitrary: leaf }) });
const steps = fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: leaf }), { maxLength: 4 });
const anyItem = objectOf({
  id: leaf,
  intermediate_steps: fc.oneof(
    steps.map((all) => `[${all.join(',')}]`),
    leaf,
    step,
  ),
});
