import { groupByFolder } from '../../folders.ts';
import { isObject } from '../../json/exact-json.ts';
import { listOf, memberOf } from '../../json/members.ts';
import { readKey } from '../../read-key.ts';
import { lost } from '../../source-candidate.ts';
import { everyRecord, type JoinedEntries, type RecordFormat, type RecordReading } from '../../source-format.ts';
import { type InspectTask, readSample } from './sample.ts';

/**
 * Inspect's logs: an `.eval` archive of an entry per sample, or one `.json` document. The epochs of a sample compete, in
 * one log or in several of a task.
 */
export const inspect: RecordFormat = {
  kind: 'records',
  name: 'inspect',
  holds: 'conversations',
  // No default score: its scorers are the task's own.
  scattered: true,
  joinEntries,
  leaves: /^(?:header\.json|summaries\.json|reductions\.json|_journal\/.*)$/s,
  listKey: 'samples',
  detect: everyRecord(
    (record) =>
      readTask(record) !== undefined &&
      [record.samples, record.sample].some((found) => Array.isArray(found) || isSample(found)),
  ),
  read,
};

/** A sample with its header; or a whole log, read as one record. */
function read(record: unknown): RecordReading {
  const task = readTask(record);
  if (!isObject(record) || !task) return { rejected: lost('not_a_log', 'it has no header with a task') };
  if (Array.isArray(record.samples)) {
    return { candidates: record.samples.map((sample, at) => readSample(sample, task, `/samples/${at}`)) };
  }
  return { candidates: [readSample(isObject(record.sample) ? joinChunks(record) : record.samples, task)] };
}

const isSample = (found: unknown): boolean => isObject(found) && 'id' in found && 'epoch' in found;

function readTask(record: unknown): InspectTask | undefined {
  if (!isObject(record)) return undefined;
  const header = [record.header, record.document, record].find((found) => isObject(memberOf(found, 'eval')));
  const name = readKey(memberOf(header, 'eval', 'task'));
  return name === undefined ? undefined : { name, model: readKey(memberOf(header, 'eval', 'model')) };
}

/** The header is written last: a log whose run was cut short has only what the run began with. */
function joinEntries(names: readonly string[]): readonly JoinedEntries[] {
  const known = new Set(names);
  const files = groupByFolder(names);
  const header = ['header.json', '_journal/start.json'].find((name) => known.has(name));
  if (header === undefined) return [];
  return [...known].flatMap((name) => {
    if (WHOLE_SAMPLE.test(name)) return [{ place: name, entries: { header, sample: name } }];
    const folder = CHUNKED_SAMPLE.exec(name)?.[1];
    if (folder === undefined) return [];
    const chunks = Object.fromEntries(CHUNKS.map((list) => [list, sortByStart(files.get(`${folder}/${list}/`) ?? [])]));
    return [{ place: name, entries: { header, sample: name, ...chunks } }];
  });
}

const WHOLE_SAMPLE = /^samples\/.+_epoch_\d+\.json$/s;
const CHUNKED_SAMPLE = /^(samples\/.+_epoch_\d+)\/sample\.json$/s;
/** Lists that a large sample has in entries of their own, each named after the index at which it begins. */
const CHUNKS = ['messages', 'events', 'attachments'];

const sortByStart = (chunks: readonly string[]): readonly string[] =>
  chunks.filter((chunk) => START.test(chunk)).sort((a, b) => startOf(a) - startOf(b));

const startOf = (chunk: string): number => Number(START.exec(chunk)?.[1]);
const START = /\/(\d+)\.json$/;

/** The messages of all of a sample's calls lie in one list; the sample's own are ranges of it. */
function joinChunks({ sample, ...rest }: Readonly<Record<string, unknown>>): unknown {
  const lists = CHUNKS.flatMap((list) => (Array.isArray(rest[list]) ? [[list, rest[list].flat(1)] as const] : []));
  if (!isObject(sample) || lists.length === 0) return sample;
  const { messages = [], ...others } = Object.fromEntries(lists);
  return { ...sample, ...others, messages: listOf(sample.message_refs).flatMap((range) => sliceOf(messages, range)) };
}

/** A range leaves its end out. */
const sliceOf = (messages: readonly unknown[], range: unknown): readonly unknown[] => {
  const [start, end] = listOf(range);
  return typeof start === 'number' && typeof end === 'number' ? messages.slice(start, end) : [];
};
