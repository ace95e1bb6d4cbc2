import type { Message } from '../../contract/trajectory.ts';
import { isAssistant, readTools } from '../conversation.ts';
import { messagesOf } from '../dialects.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { listOf, memberOf } from '../json/members.ts';
import { textOf } from '../json/text-of.ts';
import { readKey } from '../read-key.ts';
import { readScore } from '../read-score.ts';
import { lost, type SourceScore } from '../source-candidate.ts';
import { type AssembledFormat, everyRecord, type PlacedReading, type PlacedRecord } from '../source-format.ts';
import { type JoinedScore, joinTraces, type TracedSpan } from './traces/join-traces.ts';
import { newestOf, timeText } from './traces/newest.ts';
import type { SpokenCall } from './traces/trace.ts';

/**
 * Langfuse's export to blob storage: observations, scores and manifests, a file of each per window. Windows overlap, and a
 * later one may correct a score: of records with one id the newest counts. An object that no manifest lists is not
 * finished.
 */
export const langfuse: AssembledFormat = {
  kind: 'assembled',
  name: 'langfuse',
  holds: 'conversations',
  scattered: true,
  detect: everyRecord((record) => kindOfRecord(record) !== undefined),
  assemble,
};

type RecordKind = 'observation' | 'score' | 'manifest' | 'trace';

function kindOfRecord(record: unknown): RecordKind | undefined {
  if (!isObject(record)) return undefined;
  if (Array.isArray(record.files) && (record.exportSource !== undefined || Array.isArray(record.tables)))
    return 'manifest';
  if (typeof record.id !== 'string' || typeof record.project_id !== 'string') return undefined;
  if (typeof record.trace_id === 'string' && typeof record.type === 'string' && 'start_time' in record)
    return 'observation';
  if ('data_type' in record && typeof record.name === 'string') return 'score';
  return 'timestamp' in record && 'bookmarked' in record ? 'trace' : undefined;
}

function* assemble(records: Iterable<PlacedRecord>): Iterable<PlacedReading> {
  const found = { observation: [] as Placed[], score: [] as Placed[], manifest: [] as Placed[] };
  for (const { record, place } of records) {
    const kind = kindOfRecord(record);
    if (!isObject(record) || kind === undefined) {
      yield { place, rejected: lost('unknown_record', 'it is not an observation, a score or a manifest of Langfuse') };
    } else if (kind !== 'trace') found[kind].push({ record, place });
  }
  const isFinished = finishedObjects(found.manifest);
  const unfinished = Map.groupBy(
    [...found.observation, ...found.score].filter(({ place }) => !isFinished(place.key)),
    ({ place }) => place.key,
  );
  for (const [first, ...others] of unfinished.values()) {
    if (!first) continue;
    const detail = `no manifest lists this object, so its export did not finish; its ${others.length + 1} records are left out`;
    yield { place: first.place, rejected: lost('unfinished_object', detail) };
  }
  const newest = (of: readonly Placed[]) => newestById(of.filter(({ place }) => isFinished(place.key)));
  yield* joinTraces(newest(found.observation).map(readObservation), newest(found.score).map(readTraceScore));
}

interface Placed extends PlacedRecord {
  readonly record: JsonObject;
}

/** Bytes: no store has longer keys. */
const LONGEST_KEY = 1024;

/** Manifests name objects from the bucket on; where the source is read from may be above or below that. */
function finishedObjects(manifests: readonly Placed[]): (key: string) => boolean {
  if (manifests.length === 0) return () => true;
  const listed = new Set(
    manifests.flatMap(({ record: { files } }) =>
      listOf(files)
        .map((file) => memberOf(file, 'key'))
        .filter(isKey),
    ),
  );
  const listedFromAnywhere = new Set([...listed].flatMap(endsOf));
  return (key) => listedFromAnywhere.has(key) || endsOf(key).some((end) => listed.has(end));
}

const isKey = (found: unknown): found is string => typeof found === 'string' && found.length <= LONGEST_KEY;

/** The key, and what follows each of its slashes. */
const endsOf = (key: string): readonly string[] => {
  const parts = key.split('/');
  return parts.map((_, at) => parts.slice(at).join('/'));
};

const newestById = (found: readonly Placed[]): readonly Placed[] =>
  newestOf(
    found.map((one) => ({ ...one, updated: timeText(one.record.updated_at) })),
    { keyOf: ({ record }) => record.id, content: ({ record }) => record },
  );

const readObservation = ({ record, place }: Placed): TracedSpan => ({
  place,
  traceId: readKey(record.trace_id) ?? '',
  spanId: readKey(record.id) ?? '',
  time: timeText(record.start_time),
  failed: record.level === 'ERROR',
  call: record.type === 'GENERATION' ? readGeneration(record) : undefined,
});

const readTraceScore = ({ record, place }: Placed): JoinedScore => ({
  place,
  ...(typeof record.trace_id === 'string' && { traceId: record.trace_id }),
  ...(typeof record.observation_id === 'string' && { spanId: record.observation_id }),
  name: readKey(record.name) ?? '',
  score: readValue(record),
  updated: timeText(record.updated_at),
});

/** The number of a category is its index, and categories have no order. */
const readValue = ({ name, value, data_type: type }: JsonObject): SourceScore =>
  type === 'CATEGORICAL' || type === 'TEXT'
    ? { loss: lost('score_without_order', `it is of the type ${type}, which has no order`) }
    : readScore(value, readKey(name) ?? 'the score');

function readGeneration(record: JsonObject): SpokenCall {
  const { messages, tools } = readInput(record.input);
  return {
    given: messages,
    answered: readOutput(record.output),
    tools: readTools(readDefinitions(record.tool_definitions)) ?? readTools(tools),
    truncated: isCutShort(record.output),
    ...(messages.length === 0 && { loss: lost('no_content', 'its first generation has no input') }),
  };
}

/** Text that may hold JSON: messages, or messages and tools. */
function readInput(found: unknown): { readonly messages: readonly Message[]; readonly tools?: unknown } {
  const input = unwrapJson(found);
  if (isObject(input) && Array.isArray(input.messages)) {
    const messages = messagesOf(input.messages);
    if (messages) return { messages, tools: input.tools };
  }
  return { messages: messagesOf(input) ?? said('user', found) };
}

function readOutput(found: unknown): readonly Message[] {
  const output = unwrapJson(found);
  const messages = messagesOf(memberOf(choiceOf(output), 'message') ?? output);
  return messages?.some(isAssistant) ? messages : said('assistant', found);
}

const isCutShort = (found: unknown): boolean => memberOf(choiceOf(unwrapJson(found)), 'finish_reason') === 'length';

/** Of a chat completion as OpenAI answers it. */
const choiceOf = (output: unknown): unknown => listOf(memberOf(output, 'choices'))[0];

/** Anything else, JSON that is no message too, is what was said, as it is written. */
const said = (role: string, found: unknown): readonly Message[] => {
  const content = textOf(found);
  return content === '' ? [] : [{ role, content }];
};

/** `{name: JSON text}`; in Parquet a list of keys and values. */
function readDefinitions(found: unknown): readonly unknown[] {
  const definitions = unwrapJson(found);
  const entries = Array.isArray(definitions)
    ? definitions.map((entry) => (isObject(entry) ? [entry.key, entry.value] : []))
    : Object.entries(isObject(definitions) ? definitions : {});
  return entries.map(([name, definition]) => {
    const tool = unwrapJson(definition);
    return { name, ...(isObject(tool) && tool) };
  });
}
