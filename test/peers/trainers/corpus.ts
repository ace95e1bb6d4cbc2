import type { Message } from '../../../lib/contract/trajectory.ts';
import { group, type PairSpec } from '../../datasets/collections.ts';

/** What users have: a run of each kind. Enough lines that a trainer takes the file. */
export interface Kind {
  readonly name: string;
  readonly pairs: readonly PairSpec[];
  readonly dataset?: object;
  /** Formats whose JSON lines `datasets` cannot read with what comes late; they have Parquet. */
  readonly parquetOnly?: readonly string[];
  /** Formats that refuse it, and have no Parquet. */
  readonly refused?: readonly string[];
  /** Formats that hold none of it, and say so. */
  readonly without?: readonly string[];
}

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system: Message = { role: 'system', content: 'You answer briefly.' };
const many = <Made>(make: (at: number) => Made, count = 24): readonly Made[] =>
  Array.from({ length: count }, (_, at) => make(at));

const weather = (unit: boolean) => ({
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, ...(unit && { unit: { type: 'string', enum: ['C', 'F'] } }) },
      required: ['city'],
    },
  },
});
const call = (id: string, given: object): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'get_weather', arguments: JSON.stringify(given) } }],
});

const chat = (at: number): PairSpec => ({
  prompt: [system, user(`What is ${at} and one?`), assistant(`It is ${at + 1}, I think.`), user('Are you sure of it?')],
  chosen: `Yes, ${at} and one make ${at + 1}.`,
  rejected: `No, perhaps it is not ${at + 1} after all.`,
});
const long = (at: number): PairSpec => ({ ...chat(at), chosen: `Yes, ${at}, and so on. `.repeat(100).trim() });
const text = (at: number): PairSpec => ({
  prompt: `Name the capital of country number ${at}.`,
  chosen: `Its capital has the number ${at}.`,
  rejected: `I would rather not name number ${at}.`,
});
const toolAnswer = (at: number): PairSpec => ({
  prompt: [system, user(`Weather in city ${at}?`)],
  chosen: call(`call_${at}a`, { city: `City ${at}`, unit: 'C', days: [1, 2] }),
  rejected: at % 2 === 0 ? call(`call_${at}b`, { city: 'Nowhere', unit: null }) : `I can not see city ${at} from here.`,
  tools: [weather(at % 3 === 0)],
});
const toolPrompt = (at: number): PairSpec => ({
  prompt: [
    user(`Weather in city ${at}?`),
    call(`call_${at}`, { city: `City ${at}` }),
    { role: 'tool', tool_call_id: `call_${at}`, name: 'get_weather', content: `{"degrees": ${at}}` },
  ],
  chosen: `It has ${at} degrees in city ${at}.`,
  rejected: `Who knows what city ${at} is like.`,
  tools: [weather(true)],
});
const odd = (at: number): PairSpec => ({
  prompt: [user(`${ODD[at % ODD.length]} (${at})`)],
  chosen: `Chosen ${at}: ${ODD[at % ODD.length]} and more.`,
  rejected: `Rejected ${at}: ${ODD[(at + 1) % ODD.length]} and less.`,
});
const ODD = [
  'line\u2028separator',
  'paragraph\u2029separator',
  'next\u0085line',
  'tab\tquote " backslash \\ slash / brace {{ x }} {% y %}',
  'emoji 👩‍🚀 and 𝕏',
  'שלום \u202eabc\u202c مرحبا',
  'cafe\u0301 and caf\u00e9',
  'nul-like \u0001 bell \u0007',
  '<|im_end|> <s> [INST] </s>',
  '2024-01-01T00:00:00Z',
];
const conversation = (at: number): PairSpec => ({
  prompt: [user(`Weather in city ${at}?`)],
  chosen: [
    call(`call_${at}`, { city: `City ${at}` }),
    { role: 'tool', tool_call_id: `call_${at}`, content: `{"degrees": ${at}}` },
    assistant(`It has ${at} degrees.`),
  ],
  rejected: [
    call(`call_${at}`, { city: 'Elsewhere' }),
    { role: 'tool', tool_call_id: `call_${at}`, content: 'no such city' },
    assistant(`There is no city ${at}.`),
  ],
  tools: [weather(false)],
});

const dates = (at: number): PairSpec => ({
  prompt: `On which day did event number ${at} happen?`,
  chosen: `19${10 + at}-01-15`,
  rejected: `18${10 + at}-02-16`,
});

const TEXT_ONLY = ['nemo_customizer', 'nemo_platform', 'axolotl', 'amazon_nova', 'together', 'fireworks', 'sagemaker'];

export const KINDS: readonly Kind[] = [
  { name: 'chat', pairs: many(chat) },
  { name: 'text', pairs: many(text) },
  { name: 'base', pairs: many(text), dataset: { prompt_style: 'text' } },
  { name: 'tool-answers', pairs: many(toolAnswer), without: TEXT_ONLY },
  { name: 'tool-prompts', pairs: many(toolPrompt), without: TEXT_ONLY },
  // `datasets` reads 10 MB at a time and takes the columns from the first.
  {
    name: 'late-tools',
    pairs: [...many(long, 6000), ...many(toolAnswer), ...many(toolPrompt)],
    parquetOnly: ['nemo_rl'],
  },
  { name: 'odd', pairs: many(odd, 40) },
  {
    name: 'curriculum',
    pairs: many(chat).map((pair, at) => ({ ...pair, margin: at + 1 })),
    dataset: { curriculum: { buckets: 3 } },
  },
  {
    name: 'dates',
    pairs: many(dates),
    parquetOnly: ['nemo_rl', 'llama_factory'],
    // Its answers are looked for in the template, which has a date.
    without: ['axolotl'],
    refused: ['nemo_platform'],
  },
  {
    name: 'conversations',
    pairs: many(conversation),
    without: [...TEXT_ONLY, 'openai', 'llama_factory'],
  },
];

export const groupsOf = ({ pairs }: Kind) => pairs.map((pair, offset) => group(`e${offset}`, [pair], { offset }));
