import { isNumber, isObject, type JsonObject, toDouble } from '../../json/exact-json.ts';
import { listOf, memberOf, objectsIn } from '../../json/members.ts';
import { readKey } from '../../read-key.ts';
import type { RecordPlace } from '../../source-format.ts';
import { timeText } from './newest.ts';

/** A span or a log record of OpenTelemetry's JSON files, with its attributes as plain values. */
export interface Signal {
  readonly place: RecordPlace;
  readonly traceId: string;
  readonly spanId: string;
  /** Text that sorts by time. */
  readonly time: string;
  readonly attributes: JsonObject;
}

export interface Span extends Signal {
  readonly failed: boolean;
}

export interface LogRecord extends Signal {
  readonly eventName: string;
}

/** What one record of an OTLP file is: batches of spans, of log records, or of metrics. */
export const isBatch = (record: unknown): record is JsonObject =>
  isObject(record) && ['resourceSpans', 'resourceLogs', 'resourceMetrics'].some((key) => Array.isArray(record[key]));

export function readBatch({ resourceSpans, resourceLogs }: JsonObject, place: RecordPlace) {
  const inScopes = (resources: unknown, scopes: string, signals: string): readonly JsonObject[] =>
    objectsIn(resources)
      .flatMap((resource) => objectsIn(resource[scopes]))
      .flatMap((scope) => objectsIn(scope[signals]));
  const spans = inScopes(resourceSpans, 'scopeSpans', 'spans').map((span) => ({ span, read: readSpan(span, place) }));
  const logs = inScopes(resourceLogs, 'scopeLogs', 'logRecords').map((log) => readLog(log, place));
  // Older instrumentations record events on the span.
  return { spans: spans.map(({ read }) => read), logs: [...spans.flatMap(readEvents), ...logs] };
}

const readSpan = (span: JsonObject, place: RecordPlace): Span => ({
  ...readSignal(span, span.startTimeUnixNano, place),
  failed: [2, 'STATUS_CODE_ERROR'].some((code) => memberOf(span.status, 'code') === code),
});

const readEvents = ({ span, read: { place, traceId, spanId } }: { span: JsonObject; read: Span }): LogRecord[] =>
  objectsIn(span.events).map((event) => ({
    ...{ place, traceId, spanId },
    time: timeText(event.timeUnixNano),
    attributes: readAttributes(event.attributes),
    eventName: typeof event.name === 'string' ? event.name : '',
  }));

function readLog(log: JsonObject, place: RecordPlace): LogRecord {
  const signal = readSignal(log, log.timeUnixNano ?? log.observedTimeUnixNano, place);
  const name = log.eventName ?? signal.attributes['event.name'];
  return { ...signal, eventName: typeof name === 'string' ? name : '' };
}

const readSignal = (signal: JsonObject, time: unknown, place: RecordPlace): Signal => ({
  place,
  traceId: typeof signal.traceId === 'string' ? signal.traceId : '',
  spanId: typeof signal.spanId === 'string' ? signal.spanId : '',
  time: timeText(time),
  attributes: readAttributes(signal.attributes),
});

const readAttributes = (found: unknown): JsonObject =>
  Object.fromEntries(objectsIn(found).map(({ key, value }) => [readKey(key) ?? '', readAnyValue(value)]));

/** Recursive: records that nest too deep are no records. */
function readAnyValue(found: unknown): unknown {
  if (!isObject(found)) return undefined;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = found;
  if (stringValue !== undefined) return stringValue;
  if (boolValue !== undefined) return boolValue;
  // Integers are text in OTLP's JSON; a double that is not finite is too.
  if (intValue !== undefined) return numberOf(intValue);
  if (doubleValue !== undefined) return numberOf(doubleValue);
  if (isObject(arrayValue)) return listOf(arrayValue.values).map(readAnyValue);
  return isObject(kvlistValue) ? readAttributes(kvlistValue.values) : found.bytesValue;
}

const numberOf = (found: unknown): number | undefined => {
  if (isNumber(found)) return toDouble(found);
  return typeof found === 'string' && found.trim() !== '' ? Number(found) : undefined;
};
