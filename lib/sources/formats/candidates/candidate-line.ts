import { isUtf8 } from 'node:buffer';
import { depthOf, hasLongInteger, isObject, type JsonObject, parseExactly } from '../../json/exact-json.ts';
import { parsePythonJson } from '../../json/python-json.ts';
import { type ItemRejection, MAX_DEPTH, type ReadItem } from '../../record.ts';
import { readObject, type TraceItem } from '../nat/trace-item.ts';

/** A line of JSON lines: a trace item, or one candidate of an example whose other candidates stand on the lines around it. */
export interface TraceLine {
  readonly item: TraceItem;
  /** The example that a candidate line belongs to; undefined for a trace item, which is complete by itself. */
  readonly run: string | undefined;
}

/**
 * Reads a trace item, or the plainest trace there is: one scored candidate a line,
 * `{example_id, turn_id, candidate_index, score, prompt, response, metadata}`. It is told by its keys.
 */
export const readTraceLine =
  (readItem: ReadItem<TraceItem>, stepName: string): ReadItem<TraceLine> =>
  (bytes) => {
    // Quotes inside text are escaped, so these bytes are the key (or a value) and cost one search to find.
    if (!bytes.includes('"intermediate_steps"')) {
      const candidate = readCandidateLine(bytes, stepName);
      if (candidate) return candidate;
    }
    const read = readItem(bytes);
    return 'item' in read ? { item: { item: read.item, run: undefined } } : read;
  };

/** One item of the lines of one example. */
export function joinCandidates(lines: readonly TraceLine[]): TraceLine | undefined {
  const [first] = lines;
  return first && { ...first, item: { ...first.item, payloads: lines.flatMap(({ item }) => item.payloads) } };
}

type ReadLine = ReturnType<ReadItem<TraceLine>>;

/** Undefined where the bytes are no candidate line: the reader of trace items then says what they are. */
function readCandidateLine(bytes: Buffer, stepName: string): ReadLine | undefined {
  const json = parsePythonJson(bytes.toString());
  if (!json) return undefined;
  const { text, value: line } = json;
  if (!isObject(line) || !isCandidateLine(line) || !isUtf8(bytes)) return undefined;
  if (depthOf(text, MAX_DEPTH) > MAX_DEPTH) return undefined;
  const exact =
    hasLongInteger(text) || NUMBERS_THAT_BECOME_TEXT.some((key) => typeof line[key] === 'number')
      ? parseExactly(text)
      : line;
  return isObject(exact) ? readAsStep(exact, stepName) : undefined;
}

/** The line as NAT would have written it: everything after that is the same for both. */
function readAsStep(line: JsonObject, stepName: string): ReadLine {
  const { example_id, turn_id, candidate_index, score, prompt, response, metadata } = line;
  const data = { turn_id, candidate_index, score, input: prompt, output: response };
  const payload = { event_type: 'TTC_END', name: stepName, metadata, data };
  const read = readObject({ id: example_id, intermediate_steps: [{ payload }] }, stepName);
  if ('item' in read) return { item: { item: read.item, run: read.item.id.key } };
  return { rejected: inThisFormsWords(read.rejected) };
}

const inThisFormsWords = (rejected: ItemRejection): ItemRejection => ({
  ...rejected,
  detail:
    rejected.reason === 'missing_id'
      ? 'this candidate line has no "example_id"'
      : rejected.detail.replace('"id"', '"example_id"'),
});

/** Three of its four telling keys, so that the one forgotten can be named. A trace item has its steps, or an `id`. */
const isCandidateLine = (line: JsonObject): boolean =>
  line.intermediate_steps === undefined &&
  (line.id === undefined || line.example_id !== undefined) &&
  TELLING_KEYS.filter((key) => line[key] !== undefined).length >= 3;

const TELLING_KEYS = ['example_id', 'turn_id', 'score', 'response'];
const NUMBERS_THAT_BECOME_TEXT = ['example_id', 'prompt', 'response'];
