import type { Message, Prompt, Response } from '../contract/trajectory.ts';
import { isObject } from '../sources/json/exact-json.ts';

/**
 * A pair as the formats take it: messages without what says nothing (null fields, empty lists), parts that are all text
 * as one text, a response that is no more than text as text, and the arguments of tool calls as JSON text, which is how
 * OpenAI writes them.
 */
export interface Preference {
  readonly prompt: string | readonly Message[];
  readonly chosen: Response;
  readonly rejected: Response;
  /** What the model was offered; undefined where there are none. */
  readonly tools?: readonly unknown[] | undefined;
}

/** A prompt of the collection as the formats take it. */
export const preferPrompt = (prompt: Prompt): Preference['prompt'] =>
  typeof prompt === 'string' ? prompt : prompt.map(bareMessage);

/** A response of the collection as the formats take it. */
export function preferResponse(response: Response): Response {
  if (typeof response === 'string') return response;
  if (Array.isArray(response) && response.length > 1) return response.map(bareMessage);
  const [only] = Array.isArray(response) ? response : [response];
  if (!only) return '';
  const message = bareMessage(only);
  return isPlain(message) && message.role === 'assistant' ? message.content : message;
}

export const messagesOf = (prompt: Preference['prompt']): readonly Message[] =>
  typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;

/** The messages that the model answers with: one, or of a whole conversation several. */
export function answersOf(response: Response): readonly Message[] {
  if (typeof response === 'string') return [{ role: 'assistant', content: response }];
  return Array.isArray(response) ? response : [response];
}

/** The last message of the answer: the only one where a format holds no more. */
export const messageOf = (response: Response): Message => answersOf(response).at(-1) ?? NO_MESSAGE;

const NO_MESSAGE: Message = { role: 'assistant', content: '' };

/** Role and text, and nothing else. */
export const isPlain = (message: Message): message is { role: string; content: string } =>
  typeof message.content === 'string' && Object.keys(message).length === 2;

function bareMessage(message: Message): Message {
  const bare: Message = { role: message.role };
  for (const [name, value] of Object.entries(message)) {
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) bare[name] = value;
    else if (name === 'tool_calls' && value.length > 0) bare[name] = value.map(withTextArguments);
    else if (name === 'content') bare[name] = joinTexts(value);
    else if (value.length > 0) bare[name] = value;
  }
  return bare;
}

function joinTexts(parts: readonly unknown[]): unknown {
  const texts = parts.map((part) =>
    isObject(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : undefined,
  );
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join('') : parts;
}

function withTextArguments(call: unknown): unknown {
  if (!isObject(call) || !isObject(call.function) || !isObject(call.function.arguments)) return call;
  return { ...call, function: { ...call.function, arguments: JSON.stringify(call.function.arguments) } };
}

/** How long a response is: UTF-16 code units of its text, or of its JSON where it is more than text. */
export const lengthOf = (response: Response): number =>
  typeof response === 'string' ? response.length : JSON.stringify(response).length;
