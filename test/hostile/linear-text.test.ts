import { expect, test } from 'vitest';
import { withoutQueries } from '../../adapters/trainers/hub-dataset.ts';
import { absoluteBucket } from '../../cli/locations.ts';
import { expandVariables, hideVariables, noVariables } from '../../cli/nat-variables.ts';
import { parseNatYaml } from '../../cli/nat-yaml.ts';
import { readRun } from '../../cli/read-run.ts';
import { withoutEndSlashes } from '../../lib/contract/end-slashes.ts';
import { NemoCustomizer } from '../../lib/contract/training.ts';
import { digestPrompt, digestResponse, digestTools } from '../../lib/preferences/normal-form.ts';
import { detectContainer } from '../../lib/sources/containers/detect.ts';
import { findFormats } from '../../lib/sources/detect-format.ts';
import { writtenMessages } from '../../lib/sources/dialects.ts';
import { SOURCE_FORMATS } from '../../lib/sources/formats/index.ts';
import { traceItemReader } from '../../lib/sources/formats/nat/fast-item.ts';
import { laxFloat, laxInt } from '../../lib/sources/formats/nat/lax.ts';
import { natNames } from '../../lib/sources/formats/nat/nat-names.ts';
import { readTraceItem } from '../../lib/sources/formats/nat/trace-item.ts';
import { parsePythonJson } from '../../lib/sources/json/python-json.ts';
import { readTraceItems } from '../../lib/sources/read-trace-items.ts';

/** Of a variable that is written wrong, the message. */
function expanded(text: string): string {
  const variables = noVariables();
  try {
    return hideVariables(expandVariables(text, 'config.yml', { environment: {}, variables }), variables);
  } catch (error) {
    return String(error);
  }
}

/** What reads text that somebody else wrote, each over so many characters of its worst text. */
const WORST: readonly (readonly [what: string, read: (length: number) => unknown])[] = [
  ['a score with white space inside', (length) => laxFloat(`1${' '.repeat(length)}1`)],
  ['a score of digits and a letter', (length) => laxFloat(`${'1'.repeat(length)}x`)],
  ['a score of underscores', (length) => laxFloat(`1${'_1'.repeat(length / 2)}x`)],
  ['an index with white space inside', (length) => laxInt(`1${' '.repeat(length)}1`)],
  ['an index of underscores', (length) => laxInt(`1${'_1'.repeat(length / 2)}x`)],
  ['scores as long as a score may be', (length) => scores(length, `1${' '.repeat(4298)}1`)],
  ['scores of as many digits as they may have', (length) => scores(length, `${'1'.repeat(4299)}x`)],
  ['a path with slashes inside', (length) => withoutEndSlashes(`${'/'.repeat(length)}x`)],
  ["a host's URL", (length) => NemoCustomizer.shape.entity_host.safeParse(`https://h/${'/'.repeat(length)}x`)],
  ['a directory', (length) => absoluteBucket(`file:a${'/'.repeat(length)}x`)],
  ['a run', (length) => readRun(`s3://b${'/'.repeat(length)}x`, undefined).catch(() => undefined)],
  ["a datastore's message", (length) => withoutQueries('http:'.repeat(length / 5))],
  ['a variable that never closes', (length) => expanded(`\${a:-`.repeat(length / 5))],
  ['a variable that never closes, behind one that does', (length) => expanded(`\${a}${`\${a:-`.repeat(length / 5)}`)],
  ['variables in variables', (length) => expanded(`\${a:-`.repeat(length / 6) + '}'.repeat(length / 6))],
  ['variables', (length) => expanded(`\${a} $ \\\\`.repeat(length / 8))],
  ["a number of NAT's configuration", (length) => parseNatYaml(`a: ${'1_'.repeat(length / 2)}x`)],
  ["a time of NAT's configuration", (length) => parseNatYaml(`a: ${'1:'.repeat(length / 2)}x`)],
  ['an item of NaN', (length) => parsePythonJson(`[${'NaN,'.repeat(length / 4)}NaN]`)],
  ['an item of NaN that breaks off', (length) => parsePythonJson(`["score"${':NaN'.repeat(length / 4)}`)],
  [
    'white space before each NaN',
    (length) => parsePythonJson(`["score":${`${' '.repeat(999)}NaN`.repeat(length / 1000)}`),
  ],
  ['text of NaN', (length) => item(`{"id":"${'NaN '.repeat(length / 4)}","x":NaN}`)],
  ['text that never closes', (length) => item(`{"id":"${'\\\\"'.repeat(length / 3)}NaN`)],
  ['an id of digits', (length) => item(`{"id":${'1'.repeat(length)}.}`)],
  ['elements of an indented array whose text never closes', (length) => array(INDENTED, `\n  {"${WORDS}":"`, length)],
  ['elements of an indented array whose list never closes', (length) => array(INDENTED, `\n  {"${WORDS}":[`, length)],
  ['elements of an indented array that break off', (length) => array(INDENTED, `\n  {"${WORDS}":[{},`, length)],
  ['elements of an indented array that close too often', (length) => array(INDENTED, `\n  {"${WORDS}":1}]}`, length)],
  ['elements of a compact array whose text never closes', (length) => array('[{},', `{"${WORDS}":",`, length)],
  ['elements of a compact array whose list never closes', (length) => array('[{},', `{"${WORDS}":[`, length)],
  ['elements of a compact array that close too often', (length) => array('[{},', `{"${WORDS}":1}]},`, length)],
  ['backslashes in an array', (length) => array('[{"', '\\', length)],
  [
    'messages in no JSON',
    (length) => writtenMessages(`[{'role':'user','content':'${' "role" : '.repeat(length / 10)}'}]`),
  ],
  ['white space behind a key of messages in no JSON', (length) => writtenMessages(`[{'role'${' '.repeat(length)}'}]`)],
  ['keys of messages in no JSON', (length) => writtenMessages(`[{'a':${"'role' 'from'".repeat(length / 13)}]`)],
  ['brackets of messages in no JSON', (length) => writtenMessages(`[{"role":"user","content":${'['.repeat(length)}`)],
  ['marks on one character', (length) => digestPrompt(`a${'\u0301\u0316'.repeat(length / 4)}`)],
  ['marks on one character, of another plane', (length) => digestPrompt(`a${'\u{1d165}\u{1d17b}'.repeat(length / 8)}`)],
  ['marks on many characters', (length) => digestPrompt(`a${'\u0301\u0316'.repeat(49)}`.repeat(length / 200))],
  ['parts of a message', (length) => digestPrompt([{ role: 'user', content: parts(length) }])],
  ['keys of a message', (length) => digestPrompt([{ role: 'user', content: 'Q', ...keyed(length) }])],
  ['messages of a prompt', (length) => digestPrompt(messages(length))],
  ['calls of a message', (length) => digestResponse([{ role: 'assistant', content: '', tool_calls: calls(length) }])],
  [
    'white space at the end of a prompt',
    (length) => digestPrompt(`é\u0301${' '.repeat(length)}x${' '.repeat(length)}`),
  ],
  ['tools', (length) => digestTools(calls(length))],
  [
    'keys of records whose format is looked for',
    (length) => findFormats(() => ({ records: [keyed(length)] }), SOURCE_FORMATS),
  ],
  ['messages of records whose format is looked for', (length) => detect({ messages: messages(length), reward: 1 })],
  [
    'text of records whose format is looked for',
    (length) => detect({ prompt: '[{"'.repeat(length / 3), response: '{'.repeat(length), reward: 1 }),
  ],
  [
    'lists of records whose format is looked for',
    (length) => detect({ prompt: 'Q', responses: many(length, 4), rewards: many(length, 4) }),
  ],
  [
    'steps of records whose format is looked for',
    (length) => detect({ completions: messages(length), annotations: keyed(length) }),
  ],
  ['bytes whose container is looked for', (length) => detectContainer(Buffer.alloc(length, '"a,b\t'))],
  ['braces whose container is looked for', (length) => detectContainer(Buffer.alloc(length, '{"'))],
  ['white space in an array', (length) => array(`${INDENTED}{`, ' ', length)],
];

const detect = (record: object) => findFormats(() => ({ records: [record, record] }), SOURCE_FORMATS);
const many = (length: number, each: number) => Array.from({ length: length / each }, (_, at) => at);
const keyed = (length: number) =>
  Object.fromEntries(many(length, 200).map((at) => [`key ${at} ${'x'.repeat(180)}`, at]));
const parts = (length: number) => many(length, 30).map(() => ({ type: 'text', text: 'x' }));
const messages = (length: number) => many(length, 30).map(() => ({ role: 'user', content: 'x' }));
const calls = (length: number) =>
  many(length, 60).map((at) => ({
    id: `c${at}`,
    type: 'function',
    function: { name: `f${at}`, arguments: '{"a":1}' },
  }));

const scores = (length: number, text: string): void => {
  for (let at = 0; at < length; at += text.length) laxFloat(text);
};
const NAMES = natNames('dpo_candidate_move');
const read = traceItemReader(NAMES);
const item = (text: string): void => {
  read(Buffer.from(text));
  readTraceItem(Buffer.from(text), NAMES);
};

/** Read in chunks, as a store gives them. */
const array = async (begin: string, unit: string, length: number): Promise<void> => {
  const bytes = Buffer.from(begin + unit.repeat(length / unit.length));
  async function* open(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 16_384) yield Buffer.from(bytes.subarray(at, at + 16_384));
  }
  const whole = { cut: null, start: 0, end: bytes.length, object_bytes: bytes.length };
  await Array.fromAsync(readTraceItems(open, whole, NAMES));
};
const INDENTED = '[\n  {\n    "id": 1\n  },';
const WORDS = 'a name of some forty characters in all';

/** Quadratic work takes a hundred times as long. */
const MOST_TIMES = 30;
/** Milliseconds. Shorter times count as this: a collection of garbage would double them. */
const LEAST = 2;

test.each(WORST)('ten times as much of %s takes ten times as long, up to a megabyte', async (_, read) => {
  await read(1_000);
  let before = await best(read, 10_000);
  for (const length of [100_000, 1_000_000]) {
    const now = await best(read, length);
    expect(now / Math.max(before, LEAST), `${length} characters`).toBeLessThan(MOST_TIMES);
    before = now;
  }
});

/** Milliseconds that the fastest of three takes of this thread: the machine may be busy with something else. */
async function best(read: (length: number) => unknown, length: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const begun = process.threadCpuUsage();
    await read(length);
    least = Math.min(least, process.threadCpuUsage(begun).user / 1_000);
  }
  return least;
}
