import type { View } from '../contract/dataset-result.ts';
import type { Message, Response, Trajectory } from '../contract/trajectory.ts';

/**
 * A pair as the formats take it: messages without what says nothing (null fields, an empty `tool_calls`), a response
 * that is no more than text as text, and the arguments of tool calls as JSON text, which is how OpenAI writes them.
 */
export interface Preference {
  readonly prompt: string | readonly Message[];
  readonly chosen: Response;
  readonly rejected: Response;
}

export function preferenceOf(trajectory: Trajectory): Preference {
  const [{ prompt, chosen_response, rejected_response }] = trajectory.episode;
  return {
    prompt: typeof prompt === 'string' ? prompt : prompt.map(bareMessage),
    chosen: bareResponse(chosen_response),
    rejected: bareResponse(rejected_response),
  };
}

/** What a pair is compared by: equal keys are one prompt, one response. */
export interface Keys {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** A text prompt is one user message, and a text response one assistant message: whatever is written alike is alike. */
export function keysOf(preference: Preference, view: View): Keys {
  return {
    prompt: view === 'whole' ? promptKey(preference.prompt) : lastMessageKey(preference.prompt),
    chosen: responseKey(preference.chosen),
    rejected: responseKey(preference.rejected),
  };
}

/** NAT compares what the builder made, as it stands. */
export function rawKeysOf(trajectory: Trajectory): Keys {
  const [{ prompt, chosen_response, rejected_response }] = trajectory.episode;
  return {
    prompt: JSON.stringify(prompt),
    chosen: JSON.stringify(chosen_response),
    rejected: JSON.stringify(rejected_response),
  };
}

export const messagesOf = (prompt: Preference['prompt']): readonly Message[] =>
  typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;

export const messageOf = (response: Response): Message =>
  typeof response === 'string' ? { role: 'assistant', content: response } : response;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Role and text, and nothing else. */
export const isPlain = (message: Message): message is { role: string; content: string } =>
  typeof message.content === 'string' && Object.keys(message).length === 2;

function bareResponse(response: Response): Response {
  if (typeof response === 'string') return response;
  const message = bareMessage(response);
  return isPlain(message) && message.role === 'assistant' ? message.content : message;
}

function bareMessage(message: Message): Message {
  const bare: Message = { role: message.role };
  for (const [name, value] of Object.entries(message)) {
    if (value === null || value === undefined) continue;
    if (name !== 'tool_calls') bare[name] = value;
    else if (!Array.isArray(value)) bare[name] = value;
    else if (value.length > 0) bare[name] = value.map(withTextArguments);
  }
  return bare;
}

function withTextArguments(call: unknown): unknown {
  if (!isRecord(call) || !isRecord(call.function) || !isRecord(call.function.arguments)) return call;
  return { ...call, function: { ...call.function, arguments: JSON.stringify(call.function.arguments) } };
}

const promptKey = (prompt: Preference['prompt']): string => messagesOf(prompt).map(messageKey).join('\n');

function lastMessageKey(prompt: Preference['prompt']): string {
  if (typeof prompt === 'string') return JSON.stringify(prompt);
  const content = prompt.at(-1)?.content;
  return typeof content === 'string' ? JSON.stringify(content) : promptKey(prompt);
}

const responseKey = (response: Response): string => messageKey(messageOf(response));

/** A plain message's key is a JSON list, any other's a JSON object with its keys in order: none can look like another. */
const messageKey = (message: Message): string =>
  isPlain(message) ? JSON.stringify([message.role, message.content]) : JSON.stringify(message, inKeyOrder);

const inKeyOrder = (_key: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** How long a response is: UTF-16 code units of its text, or of its JSON where it is more than text. */
export const lengthOf = (response: Response): number =>
  typeof response === 'string' ? response.length : JSON.stringify(response).length;
