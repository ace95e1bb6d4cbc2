import type { Message } from '../../../contract/trajectory.ts';
import { toUtf8, type Utf8 } from '../../../objects/utf8.ts';
import {
  type EncodedPrompt,
  type EncodedResponse,
  encodeMessage,
  encodeMessages,
  encodeTextPrompt,
  encodeTextResponse,
} from '../../../preferences/encoded-text.ts';

import { chatRole } from '../../conversation.ts';
import { MESSAGES_WANTED, messagesOf, textOfParts, writtenMessages } from '../../dialects.ts';
import { isBlank } from '../../json/blank-text.ts';
import { isNotFinite, isNumber, isObject, isRawNumber, pythonText, sourceOf } from '../../json/exact-json.ts';
import { kindOf } from '../../json/kind-of.ts';
import { WrittenText } from '../../json/written-text.ts';

/*
 * Prompts and responses as the JSON they are written as. `nat` is NAT's rule 4 and 5; `strict` keeps messages whole and
 * knows no answer where there is none.
 */

/** null is "", text is itself, messages keep role and content; anything else is its text form. */
export const encodeNatPrompt = oncePerList((input) => {
  if (input instanceof WrittenText) return encodeTextPrompt(input.json, 'as written');
  if (Array.isArray(input) && input.every(isTextMessage)) {
    const messages = input.map(({ role, content }) => ({ role, content }));
    return encodeMessages(jsonOf(messages), messages, 'as written');
  }
  return encodeTextPrompt(jsonOf(isNull(input) ? '' : natText(input)), 'as written');
});

/** What Python takes for false is "". */
export const encodeNatResponse = (output: unknown): EncodedResponse =>
  encodeTextResponse(
    output instanceof WrittenText ? output.json : jsonOf(isFalsy(output) ? '' : natText(output)),
    'as written',
  );

/** Why there is no prompt, or no answer: what was found in its place. */
export interface Unusable {
  readonly reason:
    | 'missing_prompt'
    | 'empty_prompt'
    | 'invalid_prompt'
    | 'empty_response'
    | 'invalid_response'
    | 'several_messages';
  readonly found: string;
}

/** Text, or messages: whole, whatever they hold besides their role, or brought to OpenAI's form where they are of another dialect. */
export const encodeStrictPrompt = oncePerList((input): EncodedPrompt | Unusable => {
  if (isNull(input)) return { reason: 'missing_prompt', found: kindOf(input) };
  const written = messagesIn(input);
  const messages = wholeMessages(written);
  if (messages) {
    return messages.every(isEmpty)
      ? { reason: 'empty_prompt', found: 'messages without content' }
      : encodeMessages(jsonOf(messages), messages, 'normal form');
  }
  const text = shownText(written, 'prompt');
  return typeof text === 'string' ? encodeTextPrompt(text, 'normal form') : text;
});

/**
 * Text, or one message. `isAskedInText`: the prompt is text, and so is the answer to it, whatever JSON it holds. No answer
 * are null, text in which nothing shows, an empty list or object, a message without content and calls.
 */
export function encodeStrictResponse(output: unknown, isAskedInText: boolean): EncodedResponse | Unusable {
  if (isNull(output) || isHollow(output)) return { reason: 'empty_response', found: emptyKind(output) };
  const written = isAskedInText && isString(output) ? output : messagesIn(output);
  const messages = isString(written) ? undefined : wholeMessages(written);
  const [message, ...others] = messages ?? [];
  if (message && others.length > 0) {
    const found = `a list of ${others.length + 1} messages, but an answer here is one message; for candidate lines, builder.unit (final, divergence, trajectory) reads such a list`;
    return { reason: 'several_messages', found };
  }
  if (message) {
    return isEmpty(message)
      ? { reason: 'empty_response', found: 'a message without content' }
      : encodeMessage(jsonOf(message), message, 'normal form');
  }
  const text = shownText(written, 'response');
  return typeof text === 'string' ? encodeTextResponse(text, 'normal form') : text;
}

/** The JSON of text in which something shows, or why there is none. */
function shownText(found: unknown, what: 'prompt' | 'response'): Utf8 | Unusable {
  const text = textIn(found);
  if (text === undefined) return { reason: `invalid_${what}`, found: `${kindOf(found)}; ${MESSAGES_WANTED}` };
  if (isBlankText(text)) return { reason: `empty_${what}`, found: 'text without a visible character' };
  return text instanceof WrittenText ? text.json : jsonOf(text);
}

/** Text, a number as it is written, or the text of parts; undefined: it is none of them. */
function textIn(found: unknown): WrittenText | string | undefined {
  if (found instanceof WrittenText || typeof found === 'string') return found;
  return isNumber(found) ? sourceOf(found) : textOfParts(found);
}

const isBlankText = (text: WrittenText | string): boolean =>
  text instanceof WrittenText ? text.isBlank : isBlank(text);

const isString = (found: unknown): boolean => typeof found === 'string' || found instanceof WrittenText;

/** The messages that a text holds as JSON, or what was found. The text's own JSON shows where it cannot hold any. */
const messagesIn = (found: unknown): unknown => {
  if (!(found instanceof WrittenText)) return writtenMessages(found) ?? found;
  return MAY_HOLD_MESSAGES.test(found.json) ? (writtenMessages(found.toJSON()) ?? found) : found;
};

const MAY_HOLD_MESSAGES = /^"(?: |\\[nrt]){0,100}(?:(?:\\")?[[{]|array\(|[A-Z]\w{1,20}Message)/;

/** Messages of OpenAI's form are kept as they are, but for a role in another dialect's words. */
function wholeMessages(found: unknown): readonly Message[] | undefined {
  const list = isObject(found) && isMessage(found) ? [found] : found;
  return Array.isArray(list) && list.length > 0 && list.every(isMessage) ? list.map(withChatRole) : messagesOf(found);
}

function withChatRole(message: Message): Message {
  const role = chatRole(message.role);
  return role === message.role ? message : { ...message, role };
}

const isHollow = (found: unknown): boolean =>
  (Array.isArray(found) && found.length === 0) || (isObject(found) && Object.keys(found).length === 0);

const emptyKind = (found: unknown): string => (isNull(found) ? kindOf(found) : `${kindOf(found)} without content`);

/** The candidates of a turn have one prompt; where the reader gives them one and the same list, it is encoded once. */
function oncePerList<Encoded>(encode: (input: unknown) => Encoded): (input: unknown) => Encoded {
  const encoded = new WeakMap<object, Encoded>();
  return (input) => {
    if (!Array.isArray(input)) return encode(input);
    const prompt = encoded.get(input) ?? encode(input);
    encoded.set(input, prompt);
    return prompt;
  };
}

const jsonOf = (value: unknown): Utf8 => toUtf8(JSON.stringify(value));

/** A number that JSON cannot hold is null, as it is everywhere but in a score. */
const isNull = (value: unknown): boolean => value === undefined || value === null || isNotFinite(value);

/** A message with neither content nor calls, nor a refusal in place of them. */
const isEmpty = ({ content, tool_calls, function_call, refusal }: Message): boolean =>
  [content, tool_calls, function_call, refusal].every(
    (found) =>
      isNull(found) || (typeof found === 'string' && isBlank(found)) || (Array.isArray(found) && found.length === 0),
  );

/** Of OpenAI's form. Gemini's has its content in `parts`. */
const isMessage = (entry: unknown): entry is Message =>
  isObject(entry) && typeof entry.role === 'string' && !(entry.content === undefined && 'parts' in entry);
const isTextMessage = (entry: unknown): entry is { role: string; content: string } =>
  isObject(entry) && typeof entry.role === 'string' && typeof entry.content === 'string';

const isFalsy = (output: unknown): boolean => {
  if (isNull(output)) return true;
  if (isRawNumber(output)) return Number(output.rawJSON) === 0;
  if (Array.isArray(output)) return output.length === 0;
  return isObject(output) ? Object.keys(output).length === 0 : !output;
};

const natText = (value: unknown): string => (isNumber(value) ? pythonText(value) : jsonText(value));
const jsonText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
