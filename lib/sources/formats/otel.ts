import { asRows } from '../fields/as-rows.ts';
import { readKey } from '../read-key.ts';
import { readScore } from '../read-score.ts';
import { lost } from '../source-candidate.ts';
import { type AssembledFormat, everyRecord, type PlacedReading, type PlacedRecord } from '../source-format.ts';
import { hasContent, readGenAiCall } from './traces/gen-ai-call.ts';
import { type JoinedScore, joinTraces } from './traces/join-traces.ts';
import { readOpenInferenceCall } from './traces/open-inference-call.ts';
import { isBatch, type LogRecord, readBatch, type Span } from './traces/otlp.ts';

/**
 * OpenTelemetry's JSON files of traces and logs, with the calls of models as its conventions for generative AI or
 * OpenInference's have them. Evaluations are events: of the call's span, or only with the id of the model's response.
 */
export const otel: AssembledFormat = asRows(
  {
    kind: 'assembled',
    name: 'otel',
    holds: 'conversations',
    scattered: true,
    detect: everyRecord(isBatch),
    assemble,
  },
  ['resourceSpans', 'resourceLogs', 'resourceMetrics'],
);

const EVALUATION = 'gen_ai.evaluation.result';
const DETAILS = 'gen_ai.client.inference.operation.details';

function* assemble(records: Iterable<PlacedRecord>): Iterable<PlacedReading> {
  const [spans, logs]: [Span[], LogRecord[]] = [[], []];
  for (const { record, place } of records) {
    if (!isBatch(record)) {
      yield { place, rejected: lost('unknown_record', 'it holds no resourceSpans and no resourceLogs') };
      continue;
    }
    const batch = readBatch(record, place);
    for (const span of batch.spans) spans.push(span);
    for (const log of batch.logs) logs.push(log);
  }
  const told = withDetails(
    spans,
    logs.filter(({ eventName }) => eventName === DETAILS),
  );
  const scores = logs.filter(({ eventName }) => eventName === EVALUATION).map(readEvaluation);
  yield* joinTraces(
    told.map((span) => ({ ...span, call: readCall(span), responseId: span.attributes['gen_ai.response.id'] })),
    scores,
  );
}

const readCall = ({ attributes }: Span) =>
  readGenAiCall(attributes) ?? readOpenInferenceCall(attributes, attributes['openinference.span.kind']);

/** Where messages are not on the span, the event of its call has them; an event may come without its span. */
function withDetails(spans: readonly Span[], details: readonly LogRecord[]): readonly Span[] {
  const bySpan = new Map(details.map((event) => [`${event.traceId} ${event.spanId}`, event]));
  const known = new Set<string>();
  const told = spans.map((span): Span => {
    const key = `${span.traceId} ${span.spanId}`;
    known.add(key);
    const event = hasContent(span.attributes) ? undefined : bySpan.get(key);
    return event ? { ...span, attributes: { ...span.attributes, ...event.attributes } } : span;
  });
  const alone = [...bySpan].filter(([key]) => !known.has(key)).map(([, event]) => ({ ...event, failed: false }));
  return [...told, ...alone];
}

function readEvaluation({ place, traceId, spanId, time, attributes }: LogRecord): JoinedScore {
  const name = readKey(attributes['gen_ai.evaluation.name']) ?? 'evaluation';
  return {
    place,
    traceId,
    spanId,
    responseId: attributes['gen_ai.response.id'],
    name,
    score: readScore(attributes['gen_ai.evaluation.score.value'], name),
    updated: time,
  };
}
