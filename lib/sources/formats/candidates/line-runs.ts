import type { LineSpan } from '../../containers/lines.ts';
import { MAX_ITEM_BYTES, reject, type Span } from '../../record.ts';
import type { TraceItem } from '../../trace-item.ts';
import { joinCandidates, type TraceLine } from './candidate-line.ts';

/**
 * Makes one item of the consecutive candidate lines of one example. `lines` begin at or after `range.start` and go on
 * past `range.end`, as far as they are asked for.
 *
 * Every reader cuts at the same lines without looking back: behind a place where an object was cut, the next slice
 * begins at the first trace item, or at the first candidate of another example than the candidate met first. A line
 * that can't be read ends no run: it would take its neighbours' pairs with it.
 */
export async function* joinRuns(
  lines: AsyncIterable<LineSpan<TraceLine>>,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Span<TraceItem>> {
  const begin = boundary(range.start);
  const end = boundary(range.end);
  let run: Run | undefined;
  for await (const span of lines) {
    const { line, ...found } = span;
    if (!('item' in found)) {
      if (begin.passed) yield found;
      continue;
    }
    const { run: example } = found.item;
    pass(begin, line, example);
    pass(end, line, example);
    if (end.passed) break;
    if (!begin.passed) {
      // Both cuts lie within one run: it is another slice's, and so is all up to its end.
      if (end.first !== undefined && end.first === begin.first) return;
      continue;
    }
    if (run && run.example !== example) {
      yield closed(run);
      run = undefined;
    }
    if (example === undefined) yield { ...found, item: found.item.item };
    else run = extend(run, example, found.offset, found.bytes, found.item);
  }
  if (run) yield closed(run);
}

/** Where a slice begins, or ends: see {@link joinRuns}. */
interface Boundary {
  readonly at: number;
  /** The example of the first candidate met at or behind `at`. */
  first: string | undefined;
  passed: boolean;
}

const boundary = (at: number): Boundary => ({ at, first: undefined, passed: at === 0 });

function pass(boundary: Boundary, line: number, example: string | undefined): void {
  if (boundary.passed || line < boundary.at) return;
  if (example === undefined || (boundary.first !== undefined && boundary.first !== example)) boundary.passed = true;
  else boundary.first = example;
}

interface Run {
  readonly example: string;
  readonly offset: number;
  bytes: number;
  /** Emptied once the run is too large. */
  lines: TraceLine[];
}

function extend(run: Run | undefined, example: string, offset: number, bytes: number, line: TraceLine): Run {
  const longer = run ?? { example, offset, bytes: 0, lines: [] };
  longer.bytes += bytes;
  if (longer.bytes > MAX_ITEM_BYTES) longer.lines = [];
  else longer.lines.push(line);
  return longer;
}

function closed({ offset, bytes, lines }: Run): Span<TraceItem> {
  const joined = joinCandidates(lines);
  if (joined && bytes <= MAX_ITEM_BYTES) return { offset, bytes, item: joined };
  const detail = `the lines of one example are larger than ${MAX_ITEM_BYTES} bytes together; give each example its own example_id`;
  return { offset, bytes, ...reject('too_large', detail) };
}
