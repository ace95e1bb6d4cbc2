import type { BuilderSettings } from '../../lib/contract/builder.ts';
import { buildExample } from '../../lib/preferences/example.ts';
import { readLineItems } from '../../lib/sources/containers/lines.ts';
import { readItems } from '../../lib/sources/containers/read-records.ts';
import { readTraceLine } from '../../lib/sources/formats/candidates/candidate-line.ts';
import { joinRuns } from '../../lib/sources/formats/candidates/line-runs.ts';
import { readTraceItem, type TraceItem } from '../../lib/sources/formats/nat/trace-item.ts';
import { readTraceItems } from '../../lib/sources/read-trace-items.ts';
import type { Span } from '../../lib/sources/record.ts';

/** All that a reader makes of an object: a text for each span. */
export interface Readers {
  readonly fast: readonly string[];
  /** By the reader that parses everything. */
  readonly reference: readonly string[];
}

export async function readByBoth(bytes: Buffer, builder: BuilderSettings, chunkBytes: number): Promise<Readers> {
  const slice = { cut: null, start: 0, end: bytes.length, object_bytes: bytes.length };
  const open = async function* (start: number, end = bytes.length): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += chunkBytes)
      yield Buffer.from(bytes.subarray(at, Math.min(at + chunkBytes, end)));
  };
  const read = (item: Buffer) => readTraceItem(item, builder.ttc_step_name);
  const reference = readItems(open, slice, read, (stream, range) =>
    joinRuns(
      readLineItems(stream, { start: 0, end: Number.POSITIVE_INFINITY }, readTraceLine(read, builder.ttc_step_name)),
      range,
    ),
  );
  return {
    fast: await told(readTraceItems(open, slice, builder.ttc_step_name), builder),
    reference: await told(reference, builder),
  };
}

/** An item is told by what is made of it, and of one without candidates by what it says of itself. */
async function told(spans: AsyncIterable<Span<TraceItem>>, builder: BuilderSettings): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const span of spans) {
    if (!('item' in span)) {
      texts.push(JSON.stringify(span));
      continue;
    }
    const { offset, bytes, item } = span;
    const built = buildExample({ runId: 'run', key: 'k', exampleId: item.id.text }, [{ offset, item }], builder);
    const description = item.payloads.length === 0 ? item.describe() : undefined;
    const { id } = item;
    const line = built && [...built.line].join('');
    texts.push(JSON.stringify({ offset, bytes, id, line, lost: built?.rejected, of: built?.counters, description }));
  }
  return texts;
}
