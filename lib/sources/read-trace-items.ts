import { readLineItems } from './containers/lines.ts';
import { type Extent, type OpenBytes, readItems } from './containers/read-records.ts';
import { readTraceLine } from './formats/candidates/candidate-line.ts';
import { joinRuns } from './formats/candidates/line-runs.ts';
import { natItemReader } from './formats/nat/nat-item.ts';
import type { NatNames } from './formats/nat/nat-names.ts';
import type { Span } from './record.ts';
import type { TraceItem } from './trace-item.ts';
import { withinValues } from './value-cap.ts';

/** The trace items of a slice; in JSON lines, those too that stand as one candidate a line. */
export function readTraceItems(open: OpenBytes, slice: Extent, names: NatNames): AsyncGenerator<Span<TraceItem>> {
  const read = natItemReader(names);
  const readLine = withinValues(readTraceLine(read));
  return readItems(open, slice, withinValues(read), (stream, range) =>
    joinRuns(readLineItems(stream, { start: range.start, end: Number.POSITIVE_INFINITY }, readLine), range),
  );
}
