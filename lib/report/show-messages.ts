import type { Message, Prompt, Response } from '../contract/trajectory.ts';
import { isObject } from '../sources/json/exact-json.ts';
import { excerpt, shortLabel } from './excerpt.ts';
import type { ShownMessage, ShownPair, ShownPart } from './input.ts';

/** UTF-16 code units kept of a response, and of a prompt's messages together. About 20 KB a pair. */
const RESPONSE_LENGTH = 6000;
const PROMPT_LENGTH = 8000;
/** A report has a few hundred pairs; nobody reads more of one. */
const MOST_MESSAGES = 40;
const MOST_PARTS = 60;
const MOST_TOOLS = 30;

/** The last messages of a prompt that fit: the turn's own question stands at the end. */
export function showPrompt(prompt: Prompt): Pick<ShownPair, 'prompt' | 'earlier_messages'> {
  if (typeof prompt === 'string') {
    return { prompt: [{ role: 'prompt', parts: [excerpt('', prompt, PROMPT_LENGTH)] }], earlier_messages: 0 };
  }
  const shown: ShownMessage[] = [];
  const room = { text: PROMPT_LENGTH, parts: MOST_PARTS };
  for (const message of prompt.toReversed()) {
    if (room.text <= 0 || room.parts <= 0 || shown.length === MOST_MESSAGES) break;
    shown.unshift(showMessage(message, room));
  }
  return { prompt: shown, earlier_messages: prompt.length - shown.length };
}

/** A response's messages from the first one on, as far as they fit; a text is a message without a role. */
export function showResponse(response: Response): readonly ShownMessage[] {
  if (typeof response === 'string') return [{ role: '', parts: [excerpt('', response, RESPONSE_LENGTH)] }];
  const messages = Array.isArray(response) ? response : [response];
  const room = { text: RESPONSE_LENGTH, parts: MOST_PARTS };
  const shown: ShownMessage[] = [];
  for (const message of messages.slice(0, MOST_MESSAGES)) {
    if (room.parts <= 0) break;
    shown.push(showMessage(message, room));
  }
  const left = messages.length - shown.length;
  return left === 0 ? shown : [...shown, { role: `${left} more`, parts: [] }];
}

/** Names of the tools that were offered. */
export function nameTools(tools: readonly unknown[]): string[] {
  const names = tools.slice(0, MOST_TOOLS).map((tool) => {
    const name = isObject(tool) ? (isObject(tool.function) ? tool.function.name : tool.name) : undefined;
    return typeof name === 'string' ? shortLabel(name) : '(unnamed)';
  });
  return tools.length > MOST_TOOLS ? [...names, `${tools.length - MOST_TOOLS} more`] : names;
}

interface Room {
  text: number;
  parts: number;
}

/** A message as a person reads it: its reasoning, its content, its calls, and then its other fields. Takes of the room. */
function showMessage(message: Message, room: Room): ShownMessage {
  const parts: ShownPart[] = [];
  for (const [label, text] of partsOf(message)) {
    if (room.parts <= 0) break;
    const part = excerpt(label, text, room.text);
    room.text -= part.text.length;
    room.parts -= 1;
    parts.push(part);
  }
  return { role: shortLabel(message.role), parts };
}

type Part = readonly [label: string, text: string];

function partsOf({ role: _, content, tool_calls, reasoning_content, ...rest }: Message): readonly Part[] {
  const saysNothing = content === '' && Array.isArray(tool_calls) && tool_calls.length > 0;
  return [
    ...fieldPart('reasoning', reasoning_content),
    ...(Array.isArray(content) ? content.map(contentPart) : fieldPart('', saysNothing ? null : content)),
    ...(Array.isArray(tool_calls) ? tool_calls.map(callPart) : fieldPart('tool_calls', tool_calls)),
    ...Object.entries(rest).flatMap(([name, value]) => fieldPart(name, value)),
  ];
}

const fieldPart = (label: string, value: unknown): readonly Part[] =>
  value === undefined || value === null ? [] : [[label, asText(value)]];

function contentPart(part: unknown): Part {
  if (!isObject(part)) return ['', asText(part)];
  if (part.type === 'text' && typeof part.text === 'string') return ['', part.text];
  return [typeof part.type === 'string' ? part.type : 'part', asText(part)];
}

function callPart(call: unknown): Part {
  if (!isObject(call) || !isObject(call.function) || typeof call.function.name !== 'string') {
    return ['tool call', asText(call)];
  }
  const { name, arguments: given } = call.function;
  const id = typeof call.id === 'string' ? ` (${call.id})` : '';
  return [`calls ${name}${id}`, given === undefined ? '' : asText(given)];
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value, null, 2) ?? '';
  } catch {
    // JSON.parse takes a million levels, JSON.stringify runs out of stack near five thousand.
    return '(nested too deeply to show)';
  }
}
