import { asRows } from '../fields/as-rows.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { readKey } from '../read-key.ts';
import { readScore } from '../read-score.ts';
import { lost } from '../source-candidate.ts';
import {
  type AssembledFormat,
  everyRecord,
  type PlacedReading,
  type PlacedRecord,
  type RecordPlace,
} from '../source-format.ts';
import { type JoinedScore, joinTraces, type TracedSpan } from './traces/join-traces.ts';
import { timeText } from './traces/newest.ts';
import { child, readOpenInferenceCall } from './traces/open-inference-call.ts';

/**
 * Spans of Phoenix, as its API or its data frames give them, and annotations, which name a span or a trace. Only these
 * hold scores.
 */
export const phoenix: AssembledFormat = asRows(
  {
    kind: 'assembled',
    name: 'phoenix',
    holds: 'conversations',
    scattered: true,
    detect: everyRecord((record) => recordsIn(record).every((one) => isSpan(one) || isAnnotation(one))),
    assemble,
  },
  ['context', 'attributes', 'result', 'data'],
);

const isSpan = (record: unknown): record is JsonObject =>
  isObject(record) && typeof child(child(record, 'context'), 'trace_id') === 'string' && 'span_kind' in record;

const isAnnotation = (record: unknown): record is JsonObject =>
  isObject(record) &&
  (typeof record.span_id === 'string' || typeof record.trace_id === 'string') &&
  typeof nameOf(record) === 'string' &&
  child(record, 'result') !== undefined;

/** What the API answers is a page of records. */
const recordsIn = (record: unknown): readonly unknown[] =>
  isObject(record) && Array.isArray(record.data) && record.data.length > 0 ? record.data : [record];

function* assemble(records: Iterable<PlacedRecord>): Iterable<PlacedReading> {
  const [spans, scores]: [TracedSpan[], JoinedScore[]] = [[], []];
  for (const { record, place } of records) {
    for (const one of recordsIn(record)) {
      if (isSpan(one)) spans.push(readSpan(one, place));
      else if (isAnnotation(one)) scores.push(readAnnotation(one, place));
      else yield { place, rejected: lost('unknown_record', 'it is neither a span nor an annotation') };
    }
  }
  yield* joinTraces(spans, scores);
}

function readSpan(record: JsonObject, place: RecordPlace): TracedSpan {
  const context = child(record, 'context');
  const attributes = child(record, 'attributes');
  return {
    place,
    traceId: readKey(child(context, 'trace_id')) ?? '',
    spanId: readKey(child(context, 'span_id')) ?? '',
    time: timeText(record.start_time),
    failed: record.status_code === 'ERROR',
    call: readOpenInferenceCall(isObject(attributes) ? attributes : {}, record.span_kind),
  };
}

function readAnnotation(record: JsonObject, place: RecordPlace): JoinedScore {
  const name = readKey(nameOf(record)) ?? 'annotation';
  return {
    place,
    ...(typeof record.trace_id === 'string' && { traceId: record.trace_id }),
    ...(typeof record.span_id === 'string' && { spanId: record.span_id }),
    name,
    score: readScore(child(child(record, 'result'), 'score'), name),
    updated: timeText(record.updated_at),
  };
}

const nameOf = (record: JsonObject): unknown => record.name ?? record.annotation_name;
