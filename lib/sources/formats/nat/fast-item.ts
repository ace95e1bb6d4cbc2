import { utf8Of } from '../../../objects/utf8.ts';
import type { JsonObject } from '../../json/exact-json.ts';
import { withoutNonFinite } from '../../json/python-json.ts';
import { WrittenText } from '../../json/written-text.ts';
import { MAX_DEPTH, type ReadItem } from '../../record.ts';
import type { ItemDescription } from '../../trace-item.ts';
import { type NatNames, natNames } from './nat-names.ts';
import { canScanFor, createItemScanner, type ItemScan, type ItemScanner, type Span } from './scan/item-scanner.ts';
import { type NatItem, readTraceItem, rejectText } from './trace-item.ts';

/**
 * `readTraceItem`, many times as fast: most bytes of a trace are steps that are no candidates, and those are checked to
 * be JSON by the scanner but never parsed; of candidates only what preferences are made of is cut out. Whatever is out of the ordinary goes to `readTraceItem` itself, so the two
 * agree by construction there; test/sources/formats/nat/fast-item.test.ts holds them to it everywhere.
 */
export function traceItemReader(names: NatNames): ReadItem<NatItem> {
  if (!canScanFor(names)) return (bytes) => readTraceItem(bytes, names);
  return function read(bytes): ReturnType<ReadItem<NatItem>> {
    const scanner = scannerFor(names);
    const scan = scanner.scan(bytes);
    if (scan === 'not_json') {
      const json = withoutNonFinite(bytes);
      return json ? read(json) : rejectText(bytes);
    }
    if (typeof scan === 'string' || scan.depth > MAX_DEPTH || scan.longInteger) return readTraceItem(bytes, names);
    const id = plainId(bytes, scan.id);
    if (
      id === undefined ||
      scan.candidates.some(({ input, output }) => isNumber(bytes, input) || isNumber(bytes, output))
    ) {
      return readTraceItem(bytes, names);
    }
    const payloads = payloadsOf(bytes, scan, names.step);
    return { item: { id, payloads, describe: () => describe(bytes, names) } };
  };
}

/** Whether the bytes are one JSON value, as `readTraceItem` would find. */
export function isJson(bytes: Buffer): boolean {
  const scan = scannerFor(ANY_NAMES).scan(bytes);
  if (scan === 'not_json') {
    const json = withoutNonFinite(bytes);
    return json !== undefined && isJson(json);
  }
  if (scan !== 'undecided') return true;
  const read = readTraceItem(bytes, ANY_NAMES);
  return 'item' in read || read.rejected.reason !== 'invalid_json';
}

/** One for the process, and a run has one set of names: scanning is synchronous, and its memory stays as large as the largest item. */
let current: { readonly scanner: ItemScanner; readonly id: string; readonly trajectory: string } | undefined;

function scannerFor({ id, trajectory }: NatNames): ItemScanner {
  if (current?.id !== id || current.trajectory !== trajectory) {
    current = { scanner: createItemScanner({ id, trajectory }), id, trajectory };
  }
  return current.scanner;
}

const ANY_NAMES = natNames('');

/** Text without escapes, or an integer written plainly and held exactly by a double; undefined: ask the reference. */
function plainId(bytes: Buffer, span: Span | undefined): NatItem['id'] | undefined {
  if (!span) return undefined;
  const source = bytes.toString('utf8', span.start, span.end);
  if (bytes[span.start] === QUOTE) {
    if (span.escapes !== 'none') return undefined;
    const text = source.slice(1, -1);
    return { text, key: `text ${text}` };
  }
  return /^(?:0|-?[1-9]\d{0,14})$/.test(source) ? { text: source, key: `number ${source}` } : undefined;
}

function payloadsOf(bytes: Buffer, { candidates }: ItemScan, stepName: string): JsonObject[] {
  const payloads: JsonObject[] = [];
  const repeated = rememberingParser(bytes);
  for (const spans of candidates) {
    if (valueAt(bytes, spans.name) !== stepName) continue;
    const { UUID, metadata, data, ...members } = spans;
    payloads.push({
      UUID: valueAt(bytes, UUID),
      metadata: valueAt(bytes, metadata),
      data:
        data && bytes[data.start] === OPEN_OBJECT
          ? {
              turn_id: valueAt(bytes, members.turn_id),
              turn_index: valueAt(bytes, members.turn_index),
              candidate_index: valueAt(bytes, members.candidate_index),
              score: valueAt(bytes, members.score),
              input: textAt(bytes, members.input, repeated),
              output: textAt(bytes, members.output, parsed),
            }
          : valueAt(bytes, data),
    });
  }
  return payloads;
}

/** A text that JSON.stringify would write as it stands is kept as it stands. */
function textAt(bytes: Buffer, span: Span | undefined, parse: typeof parsed): unknown {
  if (!span || bytes[span.start] !== QUOTE || span.escapes === 'respelled') return span && parse(bytes, span);
  return new WrittenText(utf8Of(bytes, span.start, span.end));
}

/** What JSON.parse gives; short cuts for what most candidates hold. */
function valueAt(bytes: Buffer, span: Span | undefined): unknown {
  if (!span) return undefined;
  const first = bytes[span.start];
  if (first === QUOTE && span.escapes === 'none') return bytes.toString('utf8', span.start + 1, span.end - 1);
  return isDigit(first) ? Number(bytes.toString('latin1', span.start, span.end)) : parsed(bytes, span);
}

const parsed = (bytes: Buffer, { start, end }: Span): unknown => JSON.parse(bytes.toString('utf8', start, end));

/** The candidates of a turn have one prompt, and as messages it has to be parsed: once. */
function rememberingParser(bytes: Buffer): typeof parsed {
  let last: { readonly span: Span; readonly value: unknown } | undefined;
  return (_, span) => {
    const { start, end } = span;
    if (last && bytes.compare(bytes, start, end, last.span.start, last.span.end) === 0) return last.value;
    last = { span, value: parsed(bytes, span) };
    return last.value;
  };
}

const isNumber = (bytes: Buffer, span: Span | undefined): boolean => {
  const first = span && bytes[span.start];
  return first === MINUS || isDigit(first);
};
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

const describe = (bytes: Buffer, names: NatNames): ItemDescription => {
  const read = readTraceItem(bytes, names);
  return 'item' in read
    ? read.item.describe()
    : { eventTypes: [], ttcNames: [], withoutSteps: true, atif: false, otherKeys: [], stepKeys: [] };
};

const [QUOTE, MINUS, ZERO, NINE, OPEN_OBJECT] = [0x22, 0x2d, 0x30, 0x39, 0x7b];
