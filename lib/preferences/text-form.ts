import { toUtf8, type Utf8 } from '../objects/utf8.ts';
import {
  isNotFinite,
  isNumber,
  isObject,
  isRawNumber,
  type JsonObject,
  pythonText,
  sourceOf,
} from '../sources/json/exact-json.ts';
import { WrittenText } from '../sources/json/written-text.ts';

/*
 * Prompts and responses as the JSON they are written as. `nat` is NAT's rule 4 and 5; `strict` keeps messages whole and
 * knows no answer where there is none.
 */

/** null is "", text is itself, messages keep role and content; anything else is its text form. */
export const natPrompt = oncePerValue((input: unknown): Utf8 => {
  if (Array.isArray(input) && input.every(isTextMessage)) {
    return jsonOf(input.map(({ role, content }) => ({ role, content })));
  }
  return jsonOf(isNull(input) ? '' : natText(input));
});

/** What Python takes for false is "". */
export const natResponse = (output: unknown): Utf8 =>
  output instanceof WrittenText ? output.json : jsonOf(isFalsy(output) ? '' : natText(output));

/** Messages whole, whatever they hold besides their role. */
export const strictPrompt = oncePerValue((input: unknown): Utf8 => {
  if (Array.isArray(input) && input.every(isMessage)) return jsonOf(input);
  return jsonOf(isNull(input) ? '' : strictText(input));
});

/** Undefined where there is no answer: null, empty or blank text, an empty list or object. */
export function strictResponse(output: unknown): Utf8 | undefined {
  if (isNull(output)) return undefined;
  if (output instanceof WrittenText) return output.isBlank ? undefined : output.json;
  if (typeof output === 'string') return output.trim() === '' ? undefined : jsonOf(output);
  if (Array.isArray(output) && output.length === 0) return undefined;
  if (isObject(output)) {
    if (Object.keys(output).length === 0) return undefined;
    if (isMessage(output)) return jsonOf(output);
  }
  return jsonOf(strictText(output));
}

/** The candidates of a turn have one prompt; where the reader gives them one and the same list, it is written once. */
function oncePerValue(write: (input: unknown) => Utf8): (input: unknown) => Utf8 {
  const written = new WeakMap<object, Utf8>();
  return (input) => {
    if (input instanceof WrittenText) return input.json;
    if (!Array.isArray(input)) return write(input);
    const json = written.get(input) ?? write(input);
    written.set(input, json);
    return json;
  };
}

const jsonOf = (value: unknown): Utf8 => toUtf8(JSON.stringify(value));

/** A number that JSON cannot hold is null, as it is everywhere but in a score. */
const isNull = (value: unknown): boolean => value === undefined || value === null || isNotFinite(value);

const isMessage = (entry: unknown): entry is JsonObject => isObject(entry) && typeof entry.role === 'string';
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
