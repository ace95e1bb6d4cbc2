import { readFileSync } from 'node:fs';
import type { CandidateSpans, ItemScanner, Span } from '../../../../lib/sources/formats/nat/scan/item-scanner.ts';

/** What the scanner must agree with: JSON.parse. */

/** `scanned` and `expected` from shortly before where they part. */
export type Difference = { readonly input: string; readonly scanned: string; readonly expected: string };

/** Undefined when the scan of `bytes` says what JSON.parse says. */
export function differenceFromParse(scanner: ItemScanner, bytes: Uint8Array): Difference | undefined {
  const scan = scanner.scan(bytes);
  if (scan === 'undecided') return undefined;
  const expected = JSON.stringify(parseItem(bytes));
  const scanned = JSON.stringify(scan === 'not_json' ? scan : readBack(bytes, scan));
  if (scanned === expected) return undefined;
  let same = 0;
  while (scanned[same] === expected[same]) same += 1;
  const excerpt = (text: string) => text.slice(Math.max(0, same - 60), same + 100);
  return { input: Buffer.from(bytes).toString('latin1'), scanned: excerpt(scanned), expected: excerpt(expected) };
}

export function parseItem(bytes: Uint8Array): unknown {
  let item: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    item = JSON.parse(text);
  } catch {
    return 'not_json';
  }
  const steps = memberOf(item, 'intermediate_steps');
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const all = Array.isArray(steps) ? steps : [];
  return {
    id: memberOf(item, 'id') ?? null,
    intermediate_steps: steps ?? null,
    depth: depthOf(bare),
    longInteger: /(?<![\d.eE+])\d{16,}(?![\d.])/.test(bare.replace(/[eE][-+]?\d+/g, 'e')),
    steps: all.length,
    candidates: all.filter((step) => memberOf(memberOf(step, 'payload'), 'event_type') === 'TTC_END').map(candidateOf),
  };
}

function depthOf(bare: string): number {
  let depth = 0;
  let deepest = 0;
  for (const c of bare) {
    if (c === '{' || c === '[') depth += 1;
    else if (c === '}' || c === ']') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function candidateOf(step: unknown): object {
  const payload = memberOf(step, 'payload');
  const data = memberOf(payload, 'data');
  return {
    step,
    ...Object.fromEntries(['name', 'UUID', 'metadata', 'data'].map((key) => [key, memberOf(payload, key) ?? null])),
    ...Object.fromEntries(DATA.map((key) => [key, memberOf(data, key) ?? null])),
  };
}

const DATA = ['turn_id', 'turn_index', 'candidate_index', 'score', 'input', 'output'];

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? new Map(Object.entries(value)).get(key)
    : undefined;

/** The scan with JSON.parse of each span in the span's place; and each span must be what it says of its escapes. */
function readBack(bytes: Uint8Array, scan: Exclude<ReturnType<ItemScanner['scan']>, string>): object {
  const read = (span: Span | undefined): unknown => {
    if (span === undefined) return null;
    const text = Buffer.from(bytes.subarray(span.start, span.end)).toString();
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') {
      const asIs = span.escapes !== 'respelled';
      if (asIs && JSON.stringify(value) !== text) throw new Error(`${text} is not how JSON.stringify writes it`);
      if ((span.escapes === 'none') === text.includes('\\')) throw new Error(`${text}: escapes are ${span.escapes}`);
    }
    return value;
  };
  const readCandidate = (candidate: CandidateSpans) =>
    Object.fromEntries(Object.entries(candidate).map(([member, span]) => [member, read(span)]));
  return {
    id: read(scan.id),
    intermediate_steps: read(scan.intermediate_steps),
    depth: scan.depth,
    longInteger: scan.longInteger,
    steps: scan.steps,
    candidates: scan.candidates.map(readCandidate),
  };
}

/** Trace items of NAT's, with their first steps only: small enough to try thousands of. */
export function natItems(): readonly Buffer[] {
  const file = readFileSync(new URL('../../../golden/nat/workflow_output.json', import.meta.url), 'utf8');
  const items: { intermediate_steps: unknown[] }[] = JSON.parse(file);
  const small = items.map((item) => ({ ...item, intermediate_steps: item.intermediate_steps.slice(0, 4) }));
  return small.flatMap((item) => [Buffer.from(JSON.stringify(item)), Buffer.from(JSON.stringify(item, null, 2))]);
}

/** `bytes` with one to four edits, of the kinds that break or bend JSON. */
export function mutate(bytes: Uint8Array, random: (below: number) => number): Buffer {
  let mutant: Buffer = Buffer.from(bytes);
  for (let edits = 1 + random(4); edits > 0; edits -= 1) {
    const at = random(mutant.length + 1);
    const before = mutant.subarray(0, at);
    const after = mutant.subarray(at);
    const fragment = Buffer.from(FRAGMENTS[random(FRAGMENTS.length)] ?? '', 'latin1');
    const elsewhere = random(mutant.length + 1);
    const copied = mutant.subarray(elsewhere, elsewhere + random(200));
    const edit = random(6);
    if (edit === 0) mutant = Buffer.concat([before, fragment, after]);
    else if (edit === 1) mutant = Buffer.concat([before, fragment, after.subarray(fragment.length)]);
    else if (edit === 2) mutant = Buffer.concat([before, after.subarray(1 + random(3))]);
    else if (edit === 3) mutant = Buffer.concat([before, copied, after]);
    else if (edit === 4) mutant = Buffer.concat([before, Buffer.from([random(256)]), after.subarray(random(2))]);
    else mutant = replaceOne(mutant, random);
  }
  return mutant;
}

/** Keeps the grammar whole, most of the time: a name or value for another one. */
function replaceOne(bytes: Buffer, random: (below: number) => number): Buffer {
  const [from, to] = REPLACEMENTS[random(REPLACEMENTS.length)] ?? ['', ''];
  const at = bytes.indexOf(from, random(bytes.length), 'latin1');
  if (at < 0) return bytes;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to, 'latin1'), bytes.subarray(at + from.length)]);
}

// Latin-1 text is bytes here: "\xc3\xa9" is an é in UTF-8, "\xed\xa0\x80" a surrogate, which UTF-8 forbids.
const FRAGMENTS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\\\',
    '\\"',
    '""',
    '"":',
    '{}',
    '[]',
    '[[',
    ']]',
    ',,',
    ' ',
    '\n',
    '\r',
    '\t',
  ],
  ...[
    '\\u0041',
    '\\u00e9',
    '\\ud83d\\ude42',
    '\\ud83d',
    '\\u12',
    '\\u12G4',
    '\\/',
    '\\b\\f\\n\\r\\t',
    '\\x',
    '\\0',
    '\\u',
  ],
  ...[
    '0',
    '00',
    '01',
    '-',
    '-0',
    '-0.0',
    '1.',
    '.5',
    '1.5e',
    '1e+',
    '1E5',
    '1e-5',
    '+1',
    '1e999',
    '12345678901234567890',
  ],
  ...['true', 'false', 'null', 'tru', 'nul', 'NaN', 'Infinity', '-Infinity', 'undefined', '//', '/**/'],
  ...['\x00', '\x01', '\x0b', '\x0c', '\x1f', '\x7f', '\x80', '\xc3', '\xc3\xa9', '\xed\xa0\x80', '\xf0\x9f\x99\x82'],
  ...['\xef\xbb\xbf', '\xe2\x80\xa8', '\xff', '\xc0\xaf', '\xf4\x90\x80\x80', '\xc2\xa0', '\xc2\x85'],
  ...['"id":', '"id":1,', '"\\u0069d":2,', '"intermediate_steps":[],', '"intermediate_steps":', '"__proto__":{},'],
  ...['"payload":{"event_type":"TTC_END"},', '"payload":null,', '{"payload":{"event_type":"TTC_END"}},', '"data":{},'],
  ...['"event_type":"TTC_END",', '"event_type":"\\u0054TC_END",', '"event_type":"TTC\\u005fEND",', '"score":0.5,'],
];

const REPLACEMENTS = [
  ...[
    ['"TTC_START"', '"TTC_END"'],
    ['TTC_END', '\\u0054TC_END'],
    ['TTC_END', 'TTC_ENDS'],
    ['TTC_END', 'TTC_EN'],
  ],
  ...[
    ['"payload"', '"pay\\u006coad"'],
    ['"data"', '"data" '],
    ['"data"', '"payload"'],
    ['"output"', '"input"'],
  ],
  ...[
    ['"intermediate_steps"', '"id"'],
    ['"question"', '"intermediate_steps"'],
    ['"answer"', '"id"'],
  ],
  ...[
    ['"metadata"', '"data"'],
    ['"tags"', '"name"'],
    ['"tags"', '"UUID"'],
    ['"framework"', '"event_type"'],
  ],
  ...[
    ['null', '{"a":[1,{"b":null}]}'],
    ['null', '"\\u0000"'],
    ['null', '-1.25E-3'],
    ['null', '[]'],
    ['null', '"a\\/b"'],
  ],
  ...[
    ['{', '['],
    ['}', ']'],
    ['[', '{'],
    [']', '}'],
    [',', ', '],
    [':', ' : '],
    ['"', "'"],
    ['0', '-0'],
    ['1', '1e5'],
  ],
] as const;
