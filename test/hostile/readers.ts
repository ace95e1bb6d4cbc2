import type { BuilderSettings } from '../../lib/contract/builder.ts';
import type { Candidate } from '../../lib/preferences/candidate.ts';
import type { ContainerSpan } from '../../lib/sources/containers/container.ts';
import { readLineItems } from '../../lib/sources/containers/lines.ts';
import { readItems } from '../../lib/sources/containers/read-records.ts';
import { readTraceLine } from '../../lib/sources/formats/candidates/candidate-line.ts';
import { joinRuns } from '../../lib/sources/formats/candidates/line-runs.ts';
import { asTraceItem } from '../../lib/sources/formats/nat/nat-item.ts';
import { natNames } from '../../lib/sources/formats/nat/nat-names.ts';
import { readTraceItem } from '../../lib/sources/formats/nat/trace-item.ts';
import { readOtherContainer, readTraceItems } from '../../lib/sources/read-trace-items.ts';
import type { ReadItem } from '../../lib/sources/record.ts';
import type { TraceItem } from '../../lib/sources/trace-item.ts';

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
  const read: ReadItem<TraceItem> = (item) => {
    const found = readTraceItem(item, natNames(builder.ttc_step_name));
    return 'item' in found ? { item: asTraceItem(found.item) } : found;
  };
  const names = natNames(builder.ttc_step_name);
  const reference = readItems(
    open,
    slice,
    read,
    (stream, range) =>
      joinRuns(readLineItems(stream, { start: 0, end: Number.POSITIVE_INFINITY }, readTraceLine(read)), range),
    (object) => readOtherContainer(object, open, names),
  );
  return {
    fast: await told(readTraceItems(open, slice, natNames(builder.ttc_step_name)), builder),
    reference: await told(reference, builder),
  };
}

/** An item is told by what is made of it, and of one without candidates by what it says of itself. */
async function told(
  spans: AsyncIterable<ContainerSpan<TraceItem>>,
  { compatibility }: BuilderSettings,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const span of spans) {
    if (!('item' in span)) {
      texts.push(JSON.stringify(span));
      continue;
    }
    const { offset, bytes, item } = span;
    const { candidates, rejected } = item.read(compatibility);
    const description = candidates.length + rejected.length === 0 ? item.describe() : undefined;
    texts.push(
      JSON.stringify({ offset, bytes, id: item.id, candidates: candidates.map(dataOf), rejected, description }),
    );
  }
  return texts;
}

/** A candidate with its texts as they are written, and what they are compared by. */
const dataOf = ({ prompt, response, ...plain }: Candidate) => ({
  ...plain,
  prompt: [prompt.json, prompt.digest(), prompt.lastMessage(), prompt.value()],
  response: [response.json, response.digest(), response.value()],
});
