import { isNumber, isObject, isRawNumber, type JsonObject, pythonText, sourceOf } from '../traces/exact-json.ts';

/*
 * Prompts and responses as the JSON they are written as. `nat` is NAT's rule 4 and 5; `strict` keeps messages whole and
 * knows no answer where there is none.
 */

/** null is "", text is itself, messages keep role and content; anything else is its text form. */
export function natPrompt(input: unknown): string {
  if (Array.isArray(input) && input.every(isTextMessage)) {
    return JSON.stringify(input.map(({ role, content }) => ({ role, content })));
  }
  return JSON.stringify(input === undefined || input === null ? '' : natText(input));
}

/** What Python takes for false is "". */
export const natResponse = (output: unknown): string => JSON.stringify(isFalsy(output) ? '' : natText(output));

/** Messages whole, whatever they hold besides their role. */
export function strictPrompt(input: unknown): string {
  if (Array.isArray(input) && input.every(isMessage)) return JSON.stringify(input);
  return JSON.stringify(input === undefined || input === null ? '' : strictText(input));
}

/** Undefined where there is no answer: null, empty or blank text, an empty list or object. */
export function strictResponse(output: unknown): string | undefined {
  if (output === undefined || output === null) return undefined;
  if (typeof output === 'string') return output.trim() === '' ? undefined : JSON.stringify(output);
  if (Array.isArray(output) && output.length === 0) return undefined;
  if (isObject(output)) {
    if (Object.keys(output).length === 0) return undefined;
    if (isMessage(output)) return JSON.stringify(output);
  }
  return JSON.stringify(strictText(output));
}

const isMessage = (entry: unknown): entry is JsonObject => isObject(entry) && typeof entry.role === 'string';
const isTextMessage = (entry: unknown): entry is { role: string; content: string } =>
  isObject(entry) && typeof entry.role === 'string' && typeof entry.content === 'string';

const isFalsy = (output: unknown): boolean => {
  if (isRawNumber(output)) return Number(output.rawJSON) === 0;
  if (Array.isArray(output)) return output.length === 0;
  return isObject(output) ? Object.keys(output).length === 0 : !output;
};

const natText = (value: unknown): string => (isNumber(value) ? pythonText(value) : jsonText(value));
const strictText = (value: unknown): string => (isNumber(value) ? sourceOf(value) : jsonText(value));
const jsonText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
