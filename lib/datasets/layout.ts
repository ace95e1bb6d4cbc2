import type { DatasetSettings } from '../contract/dataset.ts';
import type { Message } from '../contract/trajectory.ts';
import type { DatasetPlan } from './dataset-plan.ts';
import { answersOf, isPlain, type Preference } from './preference.ts';

/**
 * What every line of a file is laid out for. Readers such as Hugging Face `datasets` take the columns from the first
 * lines, so one message list, or one tool call, anywhere in a dataset decides the form of all its lines.
 */
export interface Layout {
  /** A prompt is a message list. */
  readonly promptMessages: boolean;
  /** A response is more than text. */
  readonly responseMessages: boolean;
  /** What messages have besides role and content. */
  readonly name: boolean;
  readonly toolCalls: boolean;
  readonly toolCallId: boolean;
  /** `nemo_customizer`: write the whole message list. */
  readonly fullHistory: boolean;
  /** As NAT writes: an empty prompt stays. */
  readonly nat: boolean;
}

/** A prompt's part in the layout, as bits: a dataset's shape is the bits of all its prompts and responses together. */
export function shapeOfPrompt(prompt: Preference['prompt']): number {
  return typeof prompt === 'string'
    ? 0
    : prompt.reduce<number>((shape, message) => shape | fieldsOf(message), PROMPT_MESSAGES);
}

export const shapeOfResponse = (response: Preference['chosen']): number =>
  typeof response === 'string'
    ? 0
    : answersOf(response).reduce<number>((shape, message) => shape | fieldsOf(message), RESPONSE_MESSAGES);

export const layoutFor = (shape: number, { nat }: Pick<DatasetPlan, 'nat'>, settings: DatasetSettings): Layout => ({
  promptMessages: (shape & PROMPT_MESSAGES) !== 0,
  responseMessages: (shape & RESPONSE_MESSAGES) !== 0,
  name: (shape & NAME) !== 0,
  toolCalls: (shape & TOOL_CALLS) !== 0,
  toolCallId: (shape & TOOL_CALL_ID) !== 0,
  fullHistory: settings.use_full_message_history,
  nat,
});

const [PROMPT_MESSAGES, RESPONSE_MESSAGES, NAME, TOOL_CALLS, TOOL_CALL_ID] = [1, 2, 4, 8, 16] as const;

function fieldsOf(message: Message): number {
  if (isPlain(message)) return 0;
  return (
    ('name' in message ? NAME : 0) |
    ('tool_calls' in message ? TOOL_CALLS : 0) |
    ('tool_call_id' in message ? TOOL_CALL_ID : 0)
  );
}
