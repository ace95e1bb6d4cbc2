import { isUtf8 } from 'node:buffer';
import { encodeTools } from '../../../preferences/encoded-text.ts';
import { listKeys } from '../../check-field-map.ts';
import { readTools } from '../../conversation.ts';
import { depthOf, hasLongInteger, isObject, type JsonObject, parseExactly } from '../../json/exact-json.ts';
import { kindOf } from '../../json/kind-of.ts';
import { parsePythonJson } from '../../json/python-json.ts';
import { readKey } from '../../read-key.ts';
import { MAX_DEPTH, type ReadItem, reject } from '../../record.ts';
import { readScoredAnswer } from '../../scored-answer.ts';
import { sortCandidates, type TraceItem } from '../../trace-item.ts';
import { readExampleId } from '../nat/trace-item.ts';

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
  (readItem: ReadItem<TraceItem>): ReadItem<TraceLine> =>
  (bytes) => {
    // Quotes inside text are escaped, so these bytes are the key (or a value) and cost one search to find.
    if (!bytes.includes('"intermediate_steps"')) {
      const candidate = readCandidateLine(bytes);
      if (candidate) return candidate;
    }
    const read = readItem(bytes);
    return 'item' in read ? { item: { item: read.item, run: undefined } } : read;
  };

/** One item of the lines of one example. */
export function joinCandidates(lines: readonly TraceLine[]): TraceItem | undefined {
  const [first] = lines;
  return (
    first && {
      ...first.item,
      unusedKeys: lines.flatMap(({ item }) => item.unusedKeys),
      read: (compatibility) => {
        const read = lines.map(({ item }) => item.read(compatibility));
        return {
          candidates: read.flatMap(({ candidates }) => candidates),
          rejected: read.flatMap(({ rejected }) => rejected),
        };
      },
    }
  );
}

type ReadLine = ReturnType<ReadItem<TraceLine>>;

/** Undefined where the bytes are no candidate line: the reader of trace items then says what they are. */
function readCandidateLine(bytes: Buffer): ReadLine | undefined {
  const json = parsePythonJson(bytes.toString());
  if (!json) return undefined;
  const { text, value: line } = json;
  if (!isObject(line) || !isCandidateLine(line) || !isUtf8(bytes)) return undefined;
  if (depthOf(text, MAX_DEPTH) > MAX_DEPTH) return undefined;
  const exact =
    hasLongInteger(text) || NUMBERS_THAT_BECOME_TEXT.some((key) => typeof line[key] === 'number')
      ? parseExactly(text)
      : line;
  return isObject(exact) ? readObject(exact) : undefined;
}

function readObject(line: JsonObject): ReadLine {
  const { example_id, turn_id, candidate_index: index, score, prompt, response, metadata, tools } = line;
  if (example_id === undefined) return reject('missing_id', 'this candidate line has no "example_id"');
  const id = readExampleId(example_id);
  if (!id) return reject('invalid_id', `its "example_id" is ${kindOf(example_id)}; give text or a number`);
  const offered = readTools(tools);
  // A line of an example without turns is of its only one.
  const turnId = turn_id === undefined || turn_id === null ? '0' : (readKey(turn_id) ?? turn_id);
  const answer = { turnId, turnIndex: undefined, index, score, prompt, response, metadata, uuid: undefined };
  const item: TraceItem = {
    id,
    read: (compatibility) => {
      const read = readScoredAnswer(answer, compatibility, { prompt: 'prompt', response: 'response' });
      if ('rejected' in read && read.rejected.reason === 'missing_prompt') {
        const detail = `${read.rejected.detail}; the line's keys: ${listKeys(Object.keys(line))}`;
        return sortCandidates([{ rejected: { ...read.rejected, detail } }]);
      }
      // NAT knows no tools.
      const candidate =
        'rejected' in read || compatibility === 'nat' || !offered ? read : { ...read, tools: encodeTools(offered) };
      return sortCandidates([candidate]);
    },
    describe: () => NOTHING_BESIDES,
    unusedKeys: Object.keys(line).filter((key) => !KNOWN_KEYS.has(key)),
  };
  return { item: { item, run: id.key } };
}

const KNOWN_KEYS: ReadonlySet<string> = new Set([
  ...['example_id', 'turn_id', 'candidate_index', 'score', 'prompt', 'response', 'metadata', 'tools'],
]);

const NOTHING_BESIDES = { eventTypes: [], ttcNames: [], withoutSteps: false, atif: false, otherKeys: [], stepKeys: [] };

/** A trace item has its steps, or an `id`. */
export const isCandidateLine = (line: JsonObject): boolean =>
  line.intermediate_steps === undefined &&
  (line.id === undefined || line.example_id !== undefined) &&
  hasTellingKeys(line);

/** Three of the four, so that the one forgotten can be named. */
export const hasTellingKeys = (line: JsonObject): boolean =>
  TELLING_KEYS.filter((key) => line[key] !== undefined).length >= 3;

const TELLING_KEYS = ['example_id', 'turn_id', 'score', 'response'];
const NUMBERS_THAT_BECOME_TEXT = ['example_id', 'turn_id', 'prompt', 'response'];
