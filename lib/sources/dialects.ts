import type { Message } from '../contract/trajectory.ts';
import { isChatRole, isTextPart, readContent, readMessage, roleOf } from './conversation.ts';
import { unwrapJson } from './fields/unwrap-json.ts';
import { isObject } from './json/exact-json.ts';

/*
 * Messages in whatever dialect people write them: OpenAI's, ShareGPT's, LangChain's or Gemini's; a list, one message, or a
 * list within an object or a text.
 */

/** Chat messages in OpenAI's form. Undefined: it holds none. */
export function messagesOf(found: unknown): readonly Message[] | undefined {
  const list = listIn(found);
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const messages: Message[] = [];
  for (const entry of list) {
    const message = readMessage(entry);
    if (!message) return undefined;
    messages.push(message);
  }
  return messages;
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

/** The messages that a text holds as JSON, as its writer has them. */
export function writtenMessages(found: unknown): readonly unknown[] | undefined {
  if (typeof found !== 'string' || !/^\s*[[{]/.test(found)) return undefined;
  const list = listIn(unwrapJson(found));
  return Array.isArray(list) && isConversation(list) ? list : undefined;
}

/** The text of a list of text parts. Undefined: it is another list, or none. */
export function textOfParts(found: unknown): string | undefined {
  if (!Array.isArray(found) || found.length === 0 || !found.every(isTextPart)) return undefined;
  const text = readContent(found);
  return typeof text === 'string' ? text : undefined;
}

/** Of a prompt or an answer that is neither. */
export const MESSAGES_WANTED = 'it must be text, a message with a role, or a list of such messages';
