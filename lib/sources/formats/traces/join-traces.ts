import { lost } from '../../source-candidate.ts';
import type { PlacedReading, RecordPlace } from '../../source-format.ts';
import { newestScores, type TraceScore } from './newest.ts';
import { type SpokenCall, traceCandidate } from './trace.ts';

/** A span, with what it says of a call of a model, if it is one. */
export interface TracedSpan {
  readonly place: RecordPlace;
  readonly traceId: string;
  readonly spanId: string;
  readonly time: string;
  readonly failed: boolean;
  readonly call: SpokenCall | undefined;
  /** The model's own id of what it answered. */
  readonly responseId?: unknown;
}

/** A score, with all that it says of what it is for. */
export interface JoinedScore extends TraceScore {
  readonly place: RecordPlace;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly responseId?: unknown;
}

/** The candidates of all traces, each with the newest of its scores. */
export function* joinTraces(spans: readonly TracedSpan[], scores: readonly JoinedScore[]): Iterable<PlacedReading> {
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  const scoresOf = Map.groupBy(scores, traceFinder(spans, traces));
  for (const { place } of scoresOf.get(undefined) ?? []) {
    yield { place, rejected: lost('score_without_trace', 'no span is of the trace, span or response that it scores') };
  }
  for (const [id, all] of traces) {
    if (id === '') {
      for (const { place } of all) yield { place, rejected: lost('span_without_trace', 'a span has no id of a trace') };
      continue;
    }
    const [first, ...others] = all.flatMap(({ call, place, time }) => (call ? { ...call, place, start: time } : []));
    if (first) {
      const loss = all.some(({ failed }) => failed)
        ? lost('error', 'a span of the trace has the status error')
        : undefined;
      const { place } = others.reduce((earliest, call) => (call.start < earliest.start ? call : earliest), first);
      const scores = newestScores(scoresOf.get(id) ?? []);
      yield { place, candidate: traceCandidate({ id, calls: [first, ...others], scores, loss }) };
    } else if (all[0]) {
      yield { place: all[0].place, rejected: lost('no_model_call', 'none of the trace’s spans is a call of a model') };
    }
  }
}

/** By the response that a score names; else by its span, which may be of the trace that is scored or of the judge's own. */
function traceFinder(
  spans: readonly TracedSpan[],
  traces: ReadonlyMap<string, unknown>,
): (score: JoinedScore) => string | undefined {
  const byResponse = new Map(
    spans.flatMap(({ responseId, traceId }) =>
      typeof responseId === 'string' ? [[responseId, traceId] as const] : [],
    ),
  );
  const bySpan = new Map(spans.map(({ spanId, traceId }) => [spanId, traceId]));
  return ({ traceId, spanId, responseId }) => {
    const answered = typeof responseId === 'string' ? byResponse.get(responseId) : undefined;
    if (answered !== undefined) return answered;
    return traceId !== undefined && traces.has(traceId) ? traceId : bySpan.get(spanId ?? '');
  };
}
