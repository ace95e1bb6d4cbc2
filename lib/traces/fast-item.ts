import { isObject, type JsonObject } from './exact-json.ts';
import { MAX_DEPTH, type ReadItem } from './item.ts';
import { createItemScanner, type ItemScan, type Span } from './scan/item-scanner.ts';
import { readTraceItem, type TraceItem } from './trace-item.ts';

/**
 * `readTraceItem`, several times as fast: most bytes of a trace are steps that are no candidates, and those are checked
 * to be JSON by the scanner but never parsed. Whatever is out of the ordinary goes to `readTraceItem` itself, so the two
 * agree by construction there; test/traces/fast-item.test.ts holds them to it everywhere.
 */
export function traceItemReader(stepName: string): ReadItem<TraceItem> {
  return (bytes) => {
    scanner ??= createItemScanner();
    const scan = scanner.scan(bytes);
    if (typeof scan === 'string' || scan.depth > MAX_DEPTH || scan.longInteger) return readTraceItem(bytes, stepName);
    const id = plainId(bytes, scan.id);
    if (
      id === undefined ||
      scan.candidates.some(({ input, output }) => isNumber(bytes, input) || isNumber(bytes, output))
    ) {
      return readTraceItem(bytes, stepName);
    }
    const payloads = payloadsOf(bytes, scan, stepName);
    return { item: { id, payloads, describe: () => describe(bytes, stepName) } };
  };
}

/** Whether the bytes are one JSON value, as `readTraceItem` would find. */
export function isJson(bytes: Buffer): boolean {
  scanner ??= createItemScanner();
  const scan = scanner.scan(bytes);
  if (scan !== 'undecided') return scan !== 'not_json';
  const read = readTraceItem(bytes, '');
  return 'item' in read || read.rejected.reason !== 'invalid_json';
}

/** One for the process: scanning is synchronous, and its memory stays as large as the largest item. */
let scanner: ReturnType<typeof createItemScanner> | undefined;

/** Text without escapes, or an integer written plainly and held exactly by a double; undefined: ask the reference. */
function plainId(bytes: Buffer, span: Span | undefined): TraceItem['id'] | undefined {
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
  for (const { step: span, name } of candidates) {
    if (!span || !name) continue;
    const step: unknown = JSON.parse(bytes.toString('utf8', span.start, span.end));
    if (isObject(step) && isObject(step.payload) && step.payload.name === stepName) payloads.push(step.payload);
  }
  return payloads;
}

const isNumber = (bytes: Buffer, span: Span | undefined): boolean => {
  const first = span && bytes[span.start];
  return first !== undefined && (first === MINUS || (first >= ZERO && first <= NINE));
};

const describe = (bytes: Buffer, stepName: string) => {
  const read = readTraceItem(bytes, stepName);
  return 'item' in read ? read.item.describe() : { eventTypes: [], ttcNames: [], withoutSteps: true, atif: false };
};

const [QUOTE, MINUS, ZERO, NINE] = [0x22, 0x2d, 0x30, 0x39];
