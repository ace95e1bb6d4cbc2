import type { DatasetSettings } from '../contract/dataset.ts';
import type { Message } from '../contract/trajectory.ts';
import type { DatasetPlan } from './dataset-plan.ts';
import { answersOf, type Preference } from './preference.ts';

/** The three texts of a pair. */
export type Slot = 'prompt' | 'chosen' | 'rejected';

/**
 * What every line of a file is laid out for. Readers such as Hugging Face `datasets` take the columns from the first
 * lines, so one message list, or one tool, anywhere in a dataset decides the form of all its lines.
 */
export interface Layout {
  /** A prompt is a message list. */
  readonly promptMessages: boolean;
  /** A response is more than text. */
  readonly responseMessages: boolean;
  /** A message calls tools. */
  readonly toolCalls: boolean;
  /** A prompt has tools. */
  readonly tools: boolean;
  /** A text has a character that JSON leaves as it is and readers of lines take for the end of one. */
  readonly lineEnds: boolean;
  /** Whether texts become messages where a format has both. */
  readonly style: 'chat' | 'text';
  /** Slots in which every text looks like a date. */
  readonly dates: readonly Slot[];
  readonly columns: DatasetSettings['columns'];
  /** `nemo_customizer`: write the whole message list. */
  readonly fullHistory: boolean;
  /** As NAT writes: an empty prompt stays. */
  readonly nat: boolean;
}

/** A prompt's part in the layout, as bits: a dataset's shape is the bits of all its prompts and responses together. */
export const shapeOfPrompt = (prompt: Preference['prompt']): number =>
  typeof prompt === 'string'
    ? bitOf(!isDate(prompt), PROMPT_TEXT)
    : PROMPT_MESSAGES |
      bitOf(prompt.some(callsTools), TOOL_CALLS) |
      bitOf(!prompt.every(({ content }) => isDate(content)), PROMPT_TEXT);

export const shapeOfResponse = (response: Preference['chosen'], side: 'chosen' | 'rejected'): number =>
  bitOf(typeof response !== 'string', RESPONSE_MESSAGES) |
  bitOf(answersOf(response).some(callsTools), TOOL_CALLS) |
  bitOf(!answersOf(response).every(({ content }) => isDate(content)), side === 'chosen' ? CHOSEN_TEXT : REJECTED_TEXT);

const callsTools = (message: Message): boolean => message.tool_calls !== undefined;

const bitOf = (is: boolean, bit: number): number => (is ? bit : 0);

/** As Arrow's reader of JSON lines takes a text for a date. */
const isDate = (text: unknown): boolean =>
  typeof text === 'string' && /^\d{4}-\d{2}-\d{2}(?:[ T][\d:.]{2,18}(?:Z|[+-][\d:]{2,5})?)?$/.test(text);

export const shapeOfTools = (tools: object | undefined): number => (tools ? TOOLS : 0);

/** Of a text's JSON in UTF-8. */
export const shapeOfText = (json: string): number =>
  bitOf(
    LINE_ENDS.some((end) => json.includes(end)),
    LINE_END,
  );

/** U+0085, U+2028 and U+2029 in UTF-8, a byte a character: Python's `splitlines` and Node's readline end a line there. */
const LINE_ENDS = ['\xc2\x85', '\xe2\x80\xa8', '\xe2\x80\xa9'];

/** `rendered`: the prompts have their chat template in them already. */
export const layoutFor = (
  shape: number,
  { nat }: Pick<DatasetPlan, 'nat'>,
  settings: DatasetSettings,
  rendered = false,
): Layout => ({
  promptMessages: (shape & PROMPT_MESSAGES) !== 0,
  responseMessages: (shape & RESPONSE_MESSAGES) !== 0,
  toolCalls: (shape & TOOL_CALLS) !== 0,
  tools: (shape & TOOLS) !== 0,
  lineEnds: (shape & LINE_END) !== 0,
  style: settings.prompt_style === 'auto' ? (rendered ? 'text' : 'chat') : settings.prompt_style,
  dates: SLOTS.filter((_, at) => (shape & (TEXTS[at] ?? 0)) === 0),
  columns: settings.columns,
  fullHistory: settings.use_full_message_history,
  nat,
});

const [PROMPT_MESSAGES, RESPONSE_MESSAGES, TOOLS, LINE_END, TOOL_CALLS] = [1, 2, 4, 8, 128] as const;
/** A prompt, a chosen response, a rejected one that does not look like a date. */
const [PROMPT_TEXT, CHOSEN_TEXT, REJECTED_TEXT] = [16, 32, 64] as const;
const SLOTS = ['prompt', 'chosen', 'rejected'] as const satisfies readonly Slot[];
const TEXTS = [PROMPT_TEXT, CHOSEN_TEXT, REJECTED_TEXT];
