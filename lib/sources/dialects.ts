import type { Message } from '../contract/trajectory.ts';
import { isChatRole, isTextPart, readContent, readMessages, roleOf } from './conversation.ts';
import { unwrapJson } from './fields/unwrap-json.ts';
import { isObject } from './json/exact-json.ts';
import { isUnclosed } from './json/json-strings.ts';
import { MESSAGES_IN_NO_JSON } from './json/kind-of.ts';
import { parsePythonJson } from './json/python-json.ts';

/*
 * Messages in whatever dialect people write them: OpenAI's, ShareGPT's, LangChain's or Gemini's; a list, one message, or a
 * list within an object or a text.
 */

/** Chat messages in OpenAI's form. Undefined: it holds none. */
export function messagesOf(found: unknown): readonly Message[] | undefined {
  const list = listIn(found);
  return Array.isArray(list) && list.length > 0 ? readMessages(list) : undefined;
}

/** An object of one key, which says that its list is messages, is that list. Any other is a message, or none. */
function listIn(found: unknown): unknown {
  if (!isObject(found)) return found;
  const [key = '', ...others] = Object.keys(found);
  return others.length === 0 && LISTS_OF_MESSAGES.has(key) ? found[key] : [found];
}

const LISTS_OF_MESSAGES: ReadonlySet<string> = new Set(['messages', 'conversation', 'conversations']);

/** A list in which everything says whose message it is. */
export const isMessageList = (found: readonly unknown[]): boolean =>
  found.length > 0 &&
  found.every(
    (entry) =>
      isObject(entry) &&
      (typeof entry.role === 'string' || typeof entry.from === 'string' || roleOf(entry) !== undefined),
  );

/** Messages of a chat's own roles, which nothing else looks like. */
export const isConversation = (found: readonly unknown[]): boolean =>
  found.length > 0 &&
  found.every((entry) => {
    if (!isObject(entry)) return false;
    if (typeof entry.role === 'string') {
      return isChatRole(entry.role) && ['content', 'tool_calls', 'parts'].some((key) => key in entry);
    }
    return (typeof entry.from === 'string' && typeof entry.value === 'string') || roleOf(entry) !== undefined;
  });

/**
 * What a text holds as JSON, as its writer has it: messages, or the text parts of one. {@link MESSAGES_IN_NO_JSON} where it
 * is a list of messages in another notation. Undefined: it is text.
 */
export function writtenMessages(found: unknown): readonly unknown[] | typeof MESSAGES_IN_NO_JSON | undefined {
  if (typeof found !== 'string' || !mayHoldMessages(found)) return undefined;
  const held = unwrapJson(unquote(found));
  if (typeof held === 'string') return isMessagesInNoJson(held) ? MESSAGES_IN_NO_JSON : undefined;
  const list = listIn(held);
  return Array.isArray(list) && (isConversation(list) || list.every(isTextPart)) && list.length > 0 ? list : undefined;
}

/** The text that a JSON string holds: what is written as JSON twice. */
function unquote(text: string): string {
  const held = QUOTED.test(text) ? parsePythonJson(text)?.value : undefined;
  return typeof held === 'string' ? held : text;
}

const QUOTED = /^\s*"[[{]/;

/** Whether the text begins as messages do, in JSON (written once or twice) or as Python prints them. */
export const mayHoldMessages = (text: string): boolean =>
  /^\s*(?:"?[[{]|array\(|(?:System|Human|AI|Tool|Function|ChatCompletion)Message)/.test(text);

/**
 * Whether the text is messages as Python's `str` has them (`[{'role': 'user', …}]`), a list that pandas printed, objects of
 * LangChain's or OpenAI's classes, or JSON that is broken. Text that goes on behind them is text about messages.
 */
function isMessagesInNoJson(text: string): boolean {
  const inKeys = KEYED.test(text) && SAYS_WHOSE.test(text) && SAYS_WHAT.test(text);
  if (!inKeys && !IN_CLASSES.test(text)) return false;
  const whole = text.trim();
  return ')]}'.includes(whole.slice(-1)) || isUnclosed(whole);
}

const KEYED = /^\s*(?:array\(\s*)?(?:\[\s*)?\{\s*['"]\w{1,40}['"]\s*:/;
const SAYS_WHOSE =
  /['"](?:role|from)['"]\s*:\s*['"](?:system|developer|user|human|assistant|ai|gpt|model|bot|tool|function|observation)['"]|['"]type['"]\s*:\s*['"](?:human|ai)['"]/i;
const SAYS_WHAT = /['"](?:content|value|parts|tool_calls)['"]\s*:/;
const IN_CLASSES = /^\s*(?:\[\s*)?(?:System|Human|AI|Tool|Function|ChatCompletion)Message(?:Chunk)?\(\w{1,40}=/;

/** The text of a list of text parts. Undefined: it is another list, or none. */
export function textOfParts(found: unknown): string | undefined {
  if (!Array.isArray(found) || found.length === 0 || !found.every(isTextPart)) return undefined;
  const text = readContent(found);
  return typeof text === 'string' ? text : undefined;
}

/** Of a prompt or an answer that is neither. */
export const MESSAGES_WANTED = 'it must be text, a message with a role, or a list of such messages';
