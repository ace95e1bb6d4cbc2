import type { Slice } from '../contract/plan.ts';
import { readTraceLine } from './candidate-line.ts';
import { traceItemReader } from './fast-item.ts';
import type { Span } from './item.ts';
import { readLineItems } from './line-items.ts';
import { joinRuns } from './line-runs.ts';
import { type OpenBytes, readItems } from './read-items.ts';
import type { TraceItem } from './trace-item.ts';
import { withinValues } from './value-cap.ts';

/** The trace items of a slice; in JSON lines, those too that stand as one candidate a line. */
export function readTraceItems(
  open: OpenBytes,
  slice: Pick<Slice, 'cut' | 'start' | 'end' | 'object_bytes'>,
  stepName: string,
): AsyncGenerator<Span<TraceItem>> {
  const read = traceItemReader(stepName);
  const readLine = withinValues(readTraceLine(read, stepName));
  return readItems(open, slice, withinValues(read), (stream, range) =>
    joinRuns(readLineItems(stream, { start: range.start, end: Number.POSITIVE_INFINITY }, readLine), range),
  );
}
