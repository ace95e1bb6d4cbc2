import { closeSync, openSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { type Random, seeded } from './random.ts';

/**
 * What candidates answer: a text; a chat in which the assistant has called a tool and the user asks on; or by turns a text
 * and a system message with the user's. Answers are texts.
 */
export const Prompts = z.enum(['mixed', 'text', 'chat_tools']);
export type Prompts = z.infer<typeof Prompts>;

/** One item a line; an array without whitespace; or NAT's own `json.dumps(indent=2)`. */
export const Form = z.enum(['jsonl', 'compact', 'indent2']);
export type Form = z.infer<typeof Form>;

/**
 * Traces of NAT's shape, of any size, the same bytes for the same seed:
 * `node bench/fixtures.ts --bytes 200MB --form jsonl --prompts mixed --seed 1 --out FILE`.
 */
export const FixtureSettings = z.strictObject({
  /** The file ends with the trace item that reaches this many bytes. */
  bytes: z.int().min(1),
  form: Form,
  prompts: Prompts,
  seed: z.int().min(0),
  path: z.string().min(1),
});
export type FixtureSettings = z.infer<typeof FixtureSettings>;

export const STEP_NAME = 'dpo_candidate_move';
const STEPS = 40;
const TURNS = 4;
const CANDIDATES_PER_TURN = 3;
/** Prompts and responses, in UTF-16 units. */
const TEXT_LENGTH = { least: 500, most: 1000 };
/** Long enough that repeats lie farther apart than any cache or compressor window would profit from. */
const POOL_LENGTH = 1 << 20;
const WRITE_BYTES = 4 << 20;

export function writeFixture(settings: FixtureSettings): { readonly bytes: number; readonly items: number } {
  const { bytes, form, prompts, seed, path } = FixtureSettings.parse(settings);
  const file = openSync(path, 'w');
  let written = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = () => {
    const all = Buffer.concat(waiting);
    for (let at = 0; at < all.length; ) at += writeSync(file, all, at);
    waiting = [];
    waitingBytes = 0;
  };
  const write = (text: string) => {
    const piece = Buffer.from(text);
    written += piece.length;
    waitingBytes += piece.length;
    waiting.push(piece);
    if (waitingBytes >= WRITE_BYTES) flush();
  };
  const { open, between, close, line } = FORMS[form];
  let items = 0;
  write(open);
  for (const item of traceItems(seed, prompts)) {
    if (items > 0) write(between);
    write(line(item));
    items += 1;
    if (written + close.length >= bytes) break;
  }
  write(close);
  flush();
  closeSync(file);
  return { bytes: written, items };
}

/** Endless. The n-th item depends on the arguments and n alone. */
export function* traceItems(seed: number, prompts: Prompts): Generator<object> {
  const random = seeded(seed);
  const pool = textPool(random);
  const text = () => textOf(random, pool);
  for (let n = 1; ; n += 1) yield traceItem(n, { random, text, prompt: PROMPTS[prompts] });
}

interface Sources {
  readonly random: Random;
  readonly text: () => string;
  readonly prompt: (turn: number, text: () => string) => unknown;
}

const SYSTEM = { role: 'system', content: 'Answer as the player who is to move.' };

const PROMPTS: Readonly<Record<Prompts, Sources['prompt']>> = {
  text: (_, text) => text(),
  // NAT's own example sends a list of messages; other workflows send text.
  mixed: (turn, text) => (turn % 2 === 0 ? text() : [SYSTEM, { role: 'user', content: text() }]),
  chat_tools: (turn, text) => {
    const id = `call_${turn}`;
    const called = { name: 'look_at_board', arguments: JSON.stringify({ turn, rows: [1, 2, 3] }) };
    return [
      SYSTEM,
      { role: 'user', content: text() },
      { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: called }] },
      { role: 'tool', tool_call_id: id, content: text() },
      { role: 'user', content: text() },
    ];
  },
};

const FORMS = {
  jsonl: { open: '', between: '\n', close: '\n', line: (item: object) => JSON.stringify(item) },
  compact: { open: '[', between: ',', close: ']', line: (item: object) => JSON.stringify(item) },
  // `JSON.stringify([item], null, 2)` is "[\n" + the item as it stands in a larger array + "\n]".
  indent2: {
    open: '[\n',
    between: ',\n',
    close: '\n]',
    line: (item: object) => JSON.stringify([item], null, 2).slice(2, -2),
  },
};

function traceItem(n: number, { random, text, prompt }: Sources): object {
  const candidates = Array.from({ length: TURNS }, (_, turn) => {
    const turnId = `turn_${turn}_${hex(random)}`;
    const input = prompt(turn, text);
    return Array.from({ length: CANDIDATES_PER_TURN }, (_, index) =>
      candidate(random, { turnId, turn, index, input, output: text() }),
    );
  }).flat();
  const total = candidates.length;
  const steps: object[] = [];
  for (let at = 0; at < STEPS; at += 1) {
    // The candidates spread evenly among the rest.
    const due = Math.floor(((at + 1) * total) / STEPS) > Math.floor((at * total) / STEPS);
    const next = due ? candidates.shift() : undefined;
    steps.push(next ?? otherStep(random, at, text));
  }
  return {
    id: n,
    question: `Question ${n}`,
    answer: 'Win!',
    generated_answer: 'Win!',
    intermediate_steps: steps.map((step, at) => withTime(step, n, at)),
    expected_intermediate_steps: [],
  };
}

interface Answer {
  readonly turnId: string;
  readonly turn: number;
  readonly index: number;
  readonly input: unknown;
  readonly output: string;
}

function candidate(random: Random, { turnId, turn, index, input, output }: Answer): object {
  const chosen = { turn_id: turnId, turn_index: turn, candidate_index: index, score: random() };
  return step(random, 'TTC_END', {
    name: STEP_NAME,
    metadata: { move_id: `${turnId}_move_${index}`, is_selected: index === 0 },
    data: { input, output, chunk: null, payload: null, ...chosen },
  });
}

function otherStep(random: Random, kind: number, text: () => string): object {
  const [type, name] = OTHER_STEPS[kind % OTHER_STEPS.length] ?? OTHER_STEPS[0];
  const data = { input: text(), output: text(), chunk: null, payload: null };
  return step(random, type, { name, metadata: null, data });
}

const OTHER_STEPS = [
  ['LLM_START', 'meta/llama-3.1-8b-instruct'],
  ['LLM_END', 'meta/llama-3.1-8b-instruct'],
  ['TOOL_START', 'search'],
  ['TOOL_END', 'search'],
  ['TTC_START', STEP_NAME],
  ['FUNCTION_START', 'react_agent'],
  ['FUNCTION_END', 'react_agent'],
] as const;

interface Payload {
  readonly name: string;
  readonly metadata: unknown;
  readonly data: object;
}

function step(random: Random, type: string, { name, metadata, data }: Payload): object {
  return {
    parent_id: 'root',
    function_ancestry: {
      function_id: `f-${hex(random)}`,
      function_name: 'ttc_move_selector',
      parent_id: null,
      parent_name: null,
    },
    payload: {
      event_type: type,
      event_timestamp: 0,
      span_event_timestamp: null,
      framework: null,
      name,
      tags: null,
      metadata,
      data,
      usage_info: null,
      UUID: hex(random),
    },
  };
}

const withTime = (step: object, n: number, at: number): object =>
  'payload' in step && typeof step.payload === 'object'
    ? { ...step, payload: { ...step.payload, event_timestamp: 1766000000 + n + (at + 1) / 100 } }
    : step;

/** A piece of the pool that neither begins nor ends inside a surrogate pair. */
export function textOf(random: Random, pool: string): string {
  const length = TEXT_LENGTH.least + Math.floor(random() * (TEXT_LENGTH.most - TEXT_LENGTH.least + 1));
  const start = Math.floor(random() * (pool.length - length));
  return pool.slice(start, start + length).toWellFormed();
}

const WORDS =
  'the agent looks at the board and takes the centre because it opens four lines "so" it wins; a\\b naïve café señor größer Übung ' +
  'щука игра ход победа 三目並べ 中央 勝つ 你好 게임 승리 🙂 🎲 ✓ → 0.75 {x:1} [0,1]';

/** Words of several scripts, lines of about a dozen. */
export function textPool(random: Random): string {
  const words = WORDS.split(' ');
  const parts: string[] = [];
  for (let length = 0; length < POOL_LENGTH; ) {
    const part = `${words[Math.floor(random() * words.length)]}${random() < 1 / 12 ? '\n' : ' '}`;
    parts.push(part);
    length += part.length;
  }
  return parts.join('');
}

const hex = (random: Random): string =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');

const UNITS = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 };
const Size = z
  .string()
  .regex(/^\d+(KB|MB|GB)?$/, 'is a whole number with no unit (bytes), KB, MB or GB (powers of ten)')
  .transform(
    (text) => Number.parseInt(text, 10) * UNITS[z.enum(['', 'KB', 'MB', 'GB']).parse(text.replace(/\d/g, ''))],
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: '200MB' },
      form: { type: 'string', default: 'jsonl' },
      prompts: { type: 'string', default: 'mixed' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  });
  const settings = FixtureSettings.parse({
    bytes: Size.parse(values.bytes),
    form: values.form,
    prompts: values.prompts,
    seed: Number(values.seed),
    path: values.out,
  });
  const { bytes, items } = writeFixture(settings);
  console.log(`${settings.path}: ${bytes} bytes, ${items} trace items`);
}
