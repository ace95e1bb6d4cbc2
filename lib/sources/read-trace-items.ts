import type { ContainerSpan, RecordReader } from './containers/container.ts';
import { CONTAINERS } from './containers/containers.ts';
import { detectContainer } from './containers/detect.ts';
import { readLineItems } from './containers/lines.ts';
import { type Extent, type OpenBytes, type OtherObject, readItems } from './containers/read-records.ts';
import { unwrapJson } from './fields/unwrap-json.ts';
import { readTraceLine } from './formats/candidates/candidate-line.ts';
import { joinRuns } from './formats/candidates/line-runs.ts';
import { asTraceItem, natItemReader } from './formats/nat/nat-item.ts';
import type { NatNames } from './formats/nat/nat-names.ts';
import { readObject } from './formats/nat/trace-item.ts';
import { reject } from './record.ts';
import type { TraceItem } from './trace-item.ts';
import { withinValues } from './value-cap.ts';

/** The trace items of a slice; in JSON lines, those too that are written as one candidate a line. */
export function readTraceItems(
  open: OpenBytes,
  slice: Extent,
  names: NatNames,
): AsyncGenerator<ContainerSpan<TraceItem>> {
  const read = natItemReader(names);
  const readLine = withinValues(readTraceLine(read));
  return readItems(
    open,
    slice,
    withinValues(read),
    (stream, range) =>
      joinRuns(readLineItems(stream, { start: range.start, end: Number.POSITIVE_INFINITY }, readLine), range),
    (object) => readOtherContainer(object, open, names),
  );
}

/** Traces in a table, in an archive, or compressed by zstd. */
export async function* readOtherContainer(
  { why, bytes, head, whole }: OtherObject,
  open: OpenBytes,
  names: NatNames,
): AsyncGenerator<ContainerSpan<TraceItem>> {
  const detected = detectContainer(head);
  const name = 'container' in detected ? detected.container : 'empty';
  if (name === 'empty' || name === 'json') {
    yield { offset: 0, bytes, ...reject('not_traces', why) };
    return;
  }
  const seeks = name === 'parquet' || name === 'zip';
  // Begun, so that it is closed.
  if (seeks) for await (const _ of whole) break;
  const object = { key: '', bytes, open: seeks ? open : () => whole };
  yield* CONTAINERS[name].read(object, { start: 0, end: bytes }, itemReader(names));
}

const itemReader = (names: NatNames): RecordReader<TraceItem> => ({
  fromJson: withinValues(natItemReader(names)),
  fromValue: (value) => {
    // A cell holds the list of steps as JSON text.
    const steps = unwrapJson(value[names.trajectory]);
    const read = readObject({ ...value, [names.trajectory]: steps }, names);
    return 'item' in read ? { item: asTraceItem(read.item) } : read;
  },
});
