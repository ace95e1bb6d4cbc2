import type { Message } from '../contract/trajectory.ts';
import { isBlank } from './json/blank-text.ts';
import { isObject, type JsonObject } from './json/exact-json.ts';
import { kindOf } from './json/kind-of.ts';
import { listOf, objectsIn } from './json/members.ts';
import { readKey } from './read-key.ts';
import type { Conversation } from './source-candidate.ts';

/*
 * The rules that all sources of conversations share: where the prompt ends, and how messages, calls and tools of the
 * products come to OpenAI's form.
 */

type Messages = Extract<Conversation, { kind: 'messages' }>;

/**
 * What the model was given, and what came of it. `answered` may begin with messages of others: the prompt goes on to the
 * first message of the assistant. Whatever follows the last message of the assistant is dropped, a tool's result too: the
 * model never answered it.
 */
export function splitConversation(given: readonly Message[], answered: readonly Message[]): Messages {
  const begin = answered.findIndex(isAssistant);
  if (begin === -1) return { kind: 'messages', prompt: [...given, ...answered], trajectory: [] };
  const end = answered.findLastIndex(isAssistant) + 1;
  return { kind: 'messages', prompt: [...given, ...answered.slice(0, begin)], trajectory: answered.slice(begin, end) };
}

export const isAssistant = ({ role }: Message): boolean => role === 'assistant';

/** The answer that a conversation ends with: the assistant's last message if it says something and calls no tool. */
export function finalAnswer(trajectory: readonly Message[]): Message | undefined {
  const last = trajectory.at(-1);
  return last && isAssistant(last) && !callsTool(last) && hasContent(last) ? last : undefined;
}

/** Whether there is anything in the message for a model to learn. */
export const saysSomething = (message: Message): boolean => callsTool(message) || hasContent(message);

export const callsTool = ({ tool_calls }: Message): boolean => Array.isArray(tool_calls) && tool_calls.length > 0;

const hasContent = ({ content }: Message): boolean =>
  typeof content === 'string' ? !isBlank(content) : Array.isArray(content) && content.length > 0;

/** Chat messages with the fields that a trainer knows; text alone is the user's. Undefined: it is no list of messages. */
export function readMessages(found: unknown): readonly Message[] | undefined {
  if (typeof found === 'string') return [{ role: 'user', content: found }];
  if (!Array.isArray(found)) return undefined;
  const messages = found.map(readMessage);
  return messages.every((message) => message !== undefined) ? messages : undefined;
}

/** Of OpenAI's form, ShareGPT's (`from`, `value`), LangChain's (`type`, `content`) or Gemini's (`parts`). */
export function readMessage(found: unknown): Message | undefined {
  if (!isObject(found)) return undefined;
  const role = roleOf(found);
  const message = unfold(found);
  const calls = listOf(message.tool_calls).map(readToolCall);
  if (role === undefined || !calls.every((call) => call !== undefined)) return undefined;
  return {
    role,
    content: readContent(contentOf(message)),
    ...(isText(message.name) && { name: message.name }),
    ...(isText(message.reasoning_content) && { reasoning_content: message.reasoning_content }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(isText(message.tool_call_id) && { tool_call_id: message.tool_call_id }),
  };
}

/** Whose message it is, in OpenAI's words; undefined where the object is none. */
export function roleOf(found: JsonObject): string | undefined {
  const { role } = found;
  if (role !== undefined) return typeof role === 'string' ? chatRole(role) : undefined;
  // Any object may have a key `from`: an answer of a trip from Paris to Rome is no message of Paris.
  if (found.value !== undefined && isOneOf(SHAREGPT_ROLES, found.from)) {
    return found.from === 'observation' ? 'tool' : chatRole(found.from);
  }
  const { type, content } = unfold(found);
  const isMessage = typeof content === 'string' || Array.isArray(content);
  return isMessage && isOneOf(LANGCHAIN_ROLES, type) ? chatRole(type) : undefined;
}

/** The role in the words of trainers and chat templates. A role that is in no dialect stays as it is. */
export const chatRole = (role: string): string => CHAT_ROLES.get(role.toLowerCase()) ?? role;

export const isChatRole = (role: string): boolean => CHAT_ROLES.has(role.toLowerCase());

const CHAT_ROLES: ReadonlyMap<string, string> = new Map([
  ...['system', 'developer', 'user', 'assistant', 'tool', 'function'].map((role) => [role, role] as const),
  ...['model', 'ai', 'gpt', 'bot'].map((role) => [role, 'assistant'] as const),
  ['human', 'user'],
]);

/** LangChain writes a message as it is, with what it holds in `data`, or as a call of its constructor. */
function unfold(found: JsonObject): JsonObject {
  if (found.role !== undefined) return found;
  if (found.type === 'constructor' && isObject(found.kwargs)) return found.kwargs;
  return isObject(found.data) && isOneOf(LANGCHAIN_ROLES, found.type) ? { ...found.data, type: found.type } : found;
}

function contentOf({ role, value, content, parts, from }: JsonObject): unknown {
  if (role === undefined && from !== undefined) return value;
  if (content !== undefined || !Array.isArray(parts)) return content;
  return parts.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : part));
}

const SHAREGPT_ROLES = ['system', 'human', 'user', 'gpt', 'assistant', 'observation', 'tool'];
const LANGCHAIN_ROLES = ['system', 'human', 'ai', 'tool', 'function'];
const isOneOf = (roles: readonly string[], found: unknown): found is string =>
  typeof found === 'string' && roles.includes(found);

/** Parts that are all text are one text, joined as they are; nothing at all is empty text. A refusal is what the model says. */
export function readContent(found: unknown): unknown {
  if (found === undefined || found === null) return '';
  if (!Array.isArray(found)) return found;
  const texts = found.map(textOfPart);
  return texts.every((text) => text !== undefined) ? texts.join('') : found.map(readPart);
}

const textOfPart = (part: unknown): string | undefined => {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return undefined;
  if (part.type === 'refusal') return typeof part.refusal === 'string' ? part.refusal : undefined;
  return TEXT_PARTS.has(part.type) && typeof part.text === 'string' ? part.text : undefined;
};

/** A part that says that it is text. */
export const isTextPart = (part: unknown): boolean => isObject(part) && textOfPart(part) !== undefined;

const TEXT_PARTS: ReadonlySet<unknown> = new Set(['text', 'input_text', 'output_text']);

const readPart = (part: unknown): unknown => {
  const text = textOfPart(part);
  if (text !== undefined) return { type: 'text', text };
  if (!isObject(part) || part.type !== 'input_image') return part;
  const { image_url: url, detail } = part;
  return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } };
};

/**
 * A call of a function, however the source writes it: OpenAI's form, one without the inner object (`name`, and `arguments`
 * or `args`), or the JSON text of either. Arguments are JSON text. Undefined: it names no function.
 */
export function readToolCall(found: unknown): JsonObject | undefined {
  const call = typeof found === 'string' ? parseObject(found) : found;
  if (!isObject(call)) return undefined;
  if (call.type === 'custom' && isObject(call.custom)) return call;
  const called = isObject(call.function) ? call.function : call;
  const name = qualifiedName(called);
  if (name === undefined) return undefined;
  const id = isText(call.id) ? { id: call.id } : {};
  return call.type === 'custom'
    ? { ...id, type: 'custom', custom: { name, input: called.arguments } }
    : { ...id, type: 'function', function: { name, arguments: argumentsText(called.arguments ?? called.args) } };
}

const argumentsText = (found: unknown): string => (typeof found === 'string' ? found : JSON.stringify(found ?? {}));

/** Tools in OpenAI's form; undefined where the source has none. What is no function stays as it is. */
export function readTools(found: unknown): readonly unknown[] | undefined {
  return Array.isArray(found) && found.length > 0 ? found.map(readTool) : undefined;
}

function readTool(found: unknown): unknown {
  if (!isObject(found)) return found;
  const declared = isObject(found.function) ? found.function : found;
  const name = qualifiedName(declared);
  if (name === undefined || (typeof found.type === 'string' && found.type !== 'function')) return found;
  const { description, parameters } = declared;
  return {
    type: 'function',
    function: { name, ...(isText(description) && { description }), ...(isObject(parameters) && { parameters }) },
  };
}

/** Two tools of one name are told apart by their namespace. */
const qualifiedName = ({ name, namespace }: JsonObject): string | undefined => {
  if (!isText(name)) return undefined;
  return isText(namespace) ? `${namespace}.${name}` : name;
};

/**
 * Items of OpenAI's Responses API as chat messages. Items of the assistant that follow one another (reasoning, text, calls)
 * are one message, their texts joined as they are. `unknown` names the type of an item that has no place in a chat.
 */
export function readResponseItems(
  items: readonly unknown[],
): { readonly messages: readonly Message[] } | { readonly unknown: string } {
  const messages: Message[] = [];
  let open: AssistantItems = [];
  const close = (): void => {
    const message = joinItems(open);
    if (message) messages.push(message);
    open = [];
  };
  // A step of some environments is a list of its own.
  for (const item of items.flat(1)) {
    const read = readResponseItem(item);
    if (read === undefined) return { unknown: (isObject(item) ? readKey(item.type) : undefined) ?? kindOf(item) };
    if (read.by === 'assistant') open.push(read);
    else {
      close();
      messages.push(read.message);
    }
  }
  close();
  return { messages };
}

type AssistantItems = Extract<ResponseItem, { by: 'assistant' }>[];

type ResponseItem =
  | { readonly by: 'other'; readonly message: Message }
  | { readonly by: 'assistant'; readonly text?: unknown; readonly reasoning?: string; readonly call?: JsonObject };

function readResponseItem(item: unknown): ResponseItem | undefined {
  if (!isObject(item)) return undefined;
  switch (item.type) {
    case undefined:
    case 'message':
      if (typeof item.role !== 'string') return undefined;
      return item.role === 'assistant'
        ? { by: 'assistant', text: readContent(item.content) }
        : { by: 'other', message: { role: item.role, content: readContent(item.content) } };
    case 'reasoning':
      return { by: 'assistant', reasoning: reasoningText(item) };
    case 'function_call':
    case 'custom_tool_call': {
      const { call_id: id, name, namespace } = item;
      const custom = item.type === 'custom_tool_call';
      const call = readToolCall({
        id,
        ...(custom && { type: 'custom' }),
        name,
        namespace,
        arguments: custom ? item.input : item.arguments,
      });
      return call && { by: 'assistant', call };
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return {
        by: 'other',
        message: {
          role: 'tool',
          content: readContent(item.output),
          ...(isText(item.call_id) && { tool_call_id: item.call_id }),
        },
      };
    default:
      return undefined;
  }
}

/** The summary is what models of closed weights give; open ones give their reasoning as content. */
function reasoningText({ summary, content }: JsonObject): string {
  const parts = Array.isArray(summary) && summary.length > 0 ? summary : content;
  return objectsIn(parts)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}

function joinItems(items: AssistantItems): Message | undefined {
  const parts = items.flatMap(({ text }) => (text === undefined ? [] : Array.isArray(text) ? text : [text]));
  const content = readContent(parts);
  const reasoning = items.map((item) => item.reasoning ?? '').join('');
  const calls = items.flatMap(({ call }) => (call ? [call] : []));
  if (content === '' && reasoning === '' && calls.length === 0) return undefined;
  return {
    role: 'assistant',
    content,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

const isText = (found: unknown): found is string => typeof found === 'string' && found !== '';

const parseObject = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
