import type { Slice } from '../contract/plan.ts';
import { readLineItems } from './containers/lines.ts';
import { type OpenBytes, readItems } from './containers/read-records.ts';
import { readTraceLine } from './formats/candidates/candidate-line.ts';
import { joinRuns } from './formats/candidates/line-runs.ts';
import { traceItemReader } from './formats/nat/fast-item.ts';
import type { TraceItem } from './formats/nat/trace-item.ts';
import type { Span } from './record.ts';
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
