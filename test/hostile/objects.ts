import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { depthOf } from '../../lib/sources/json/exact-json.ts';
import { natItems } from '../sources/formats/nat/scan-reference.ts';
import { candidateTexts, itemText } from './json-texts.ts';

/** A trace object as somebody might upload it. */
export interface HostileObject {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Trace items of NAT's own, each with its first steps. */
const REAL = natItems();
const real = fc.nat(REAL.length - 1).map((which) => REAL[which]?.toString() ?? '');
const items = fc.array(fc.oneof({ weight: 5, arbitrary: itemText }, { weight: 1, arbitrary: real }), { maxLength: 4 });
const candidates = fc.array(candidateTexts, { maxLength: 3 }).map((runs) => runs.flat());

const lines = (texts: readonly string[]): string => texts.map((text) => `${text.replaceAll('\n', ' ')}\n`).join('');
const FORMS = {
  'a compact array': items.map((texts) => `[${texts.join(',')}]`),
  'an indented array': items.map((texts) => `[\n  ${texts.map(indented).join(',\n  ')}\n]\n`),
  'JSON lines': items.map(lines),
  'JSON lines with CRLF, blanks and a mark': items.map(
    (texts) => `\uFEFF${lines(texts).replaceAll('\n', ' \r\n\r\n\t')}`,
  ),
  'candidate lines': candidates.map(lines),
  'candidate lines between items': fc
    .tuple(candidates, items)
    .map(([some, more]) => lines([...some, ...more, ...some])),
} satisfies Record<string, fc.Arbitrary<string>>;

const indented = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text);
    // Deep nesting would be all indentation.
    return depthOf(text, 50) > 50 ? text : JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
  } catch {
    return text;
  }
};

/** A change of bytes at a place (0 to 1) of an object. */
export type Edit =
  | { readonly kind: 'flip'; readonly at: number; readonly by: number }
  | { readonly kind: 'drop'; readonly at: number; readonly bytes: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'put'; readonly at: number; readonly text: string }
  | { readonly kind: 'repeat'; readonly at: number; readonly bytes: number; readonly times: number }
  | { readonly kind: 'splice'; readonly at: number; readonly of: number; readonly from: number };

// Not fc.double, which takes all doubles alike: nearly all of those from 0 to 1 are as good as 0, and an object that is
// damaged at its first byte is no trace at all.
const place = fc.noBias(fc.nat(9_999)).map((parts) => parts / 10_000);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('drop' as const), at: place, bytes: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('put' as const), at: place, text: fc.constantFrom(...fragments()) }),
  fc.record({
    ...{ kind: fc.constant('repeat' as const), at: place },
    ...{ bytes: fc.integer({ min: 1, max: 400 }), times: fc.integer({ min: 1, max: 3 }) },
  }),
  fc.record({ kind: fc.constant('splice' as const), at: place, of: fc.nat(REAL.length - 1), from: place }),
);

/** Latin-1 text is bytes here: "\xed\xa0\x80" is a surrogate, which UTF-8 forbids. */
function fragments(): readonly string[] {
  return [
    ...['"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\r\n', '\n  {', '\n]', '}{', '],[', '"},{"', '\\u', '\\ud800'],
    ...['NaN', '-Infinity', '1e999', '12345678901234567890', '-', '0', '"__proto__":{},', '"id":2,', '"data":{},'],
    ...['\x00', '\x1b[2J', '\x7f', '\xff', '\xc0\xaf', '\xed\xa0\x80', '\xef\xbb\xbf', '\xe2\x80\xa8', '\x1f\x8b'],
    ...['['.repeat(600), '{"a":'.repeat(600), ']'.repeat(600), ' '.repeat(5_000), '"intermediate_steps":[],'],
    ...['\n{"id":1,"intermediate_steps":[]}\n', '\n{"example_id":1,"turn_id":"t","score":1,"response":"r"}\n'],
  ];
}

function edited(bytes: Buffer, change: Edit): Buffer {
  const at = Math.floor(change.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([(bytes[at] ?? 0) ^ change.by]), after.subarray(1)]);
    case 'drop':
      return Buffer.concat([before, after.subarray(change.bytes)]);
    case 'cut':
      return before;
    case 'put':
      return Buffer.concat([before, Buffer.from(change.text, 'latin1'), after]);
    case 'repeat': {
      const run = after.subarray(0, change.bytes);
      return Buffer.concat([before, ...Array.from({ length: change.times }, () => run), after]);
    }
    case 'splice': {
      const other = REAL[change.of] ?? Buffer.alloc(0);
      return Buffer.concat([before, other.subarray(Math.floor(change.from * other.length))]);
    }
  }
}

/** Half of the objects are damaged. */
const edits = fc.oneof(fc.constant([]), fc.array(edit, { minLength: 1, maxLength: 3 }));

const plain: fc.Arbitrary<HostileObject> = fc
  .tuple(fc.oneof(...Object.entries(FORMS).map(([form, text]) => text.map((made) => ({ form, made })))), edits)
  .map(([{ form, made }, changes]) => ({ form, bytes: changes.reduce(edited, Buffer.from(made)) }));

/** The same in one to three gzip members, half of them damaged as they lie there. */
const gzipped: fc.Arbitrary<HostileObject> = fc
  .tuple(plain, fc.array(place, { maxLength: 2 }), edits)
  .map(([{ form, bytes }, cuts, changes]) => {
    const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
    const members = ends.map((end, number) => gzipSync(bytes.subarray(ends[number - 1] ?? 0, end), { level: 1 }));
    return { form: `${form}, gzipped`, bytes: changes.reduce(edited, Buffer.concat(members)) };
  });

export const hostileObject: fc.Arbitrary<HostileObject> = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 1, arbitrary: gzipped },
);
