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

import { isNotFinite, isNumber, isObject, isRawNumber, pythonText, sourceOf } from '../../json/exact-json.ts';
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

/** Messages whole, whatever they hold besides their role. */
export const encodeStrictPrompt = oncePerList((input) => {
  if (input instanceof WrittenText) return encodeTextPrompt(input.json, 'normal form');
  if (Array.isArray(input) && input.every(isMessage)) return encodeMessages(jsonOf(input), input, 'normal form');
  return encodeTextPrompt(jsonOf(isNull(input) ? '' : strictText(input)), 'normal form');
});

/** Undefined where there is no answer: null, empty or blank text, an empty list or object, a message without either. */
export function encodeStrictResponse(output: unknown): EncodedResponse | undefined {
  if (isNull(output)) return undefined;
  if (output instanceof WrittenText) return output.isBlank ? undefined : encodeTextResponse(output.json, 'normal form');
  if (typeof output === 'string')
    return output.trim() === '' ? undefined : encodeTextResponse(jsonOf(output), 'normal form');
  if (Array.isArray(output) && output.length === 0) return undefined;
  if (isObject(output)) {
    if (Object.keys(output).length === 0) return undefined;
    if (isMessage(output)) return isEmpty(output) ? undefined : encodeMessage(jsonOf(output), output, 'normal form');
  }
  return encodeTextResponse(jsonOf(strictText(output)), 'normal form');
}

/** The candidates of a turn have one prompt; where the reader gives them one and the same list, it is encoded once. */
function oncePerList(encode: (input: unknown) => EncodedPrompt): (input: unknown) => EncodedPrompt {
  const encoded = new WeakMap<object, EncodedPrompt>();
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
      isNull(found) ||
      (typeof found === 'string' && found.trim() === '') ||
      (Array.isArray(found) && found.length === 0),
  );

const isMessage = (entry: unknown): entry is Message => isObject(entry) && typeof entry.role === 'string';
const isTextMessage = (entry: unknown): entry is { role: string; content: string } =>
  isObject(entry) && typeof entry.role === 'string' && typeof entry.content === 'string';

const isFalsy = (output: unknown): boolean => {
  if (isNull(output)) return true;
  if (isRawNumber(output)) return Number(output.rawJSON) === 0;
  if (Array.isArray(output)) return output.length === 0;
  return isObject(output) ? Object.keys(output).length === 0 : !output;
};

const natText = (value: unknown): string => (isNumber(value) ? pythonText(value) : jsonText(value));
const strictText = (value: unknown): string => (isNumber(value) ? sourceOf(value) : jsonText(value));
const jsonText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
