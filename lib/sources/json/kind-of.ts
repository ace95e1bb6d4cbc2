import { isNotFinite, isNumber } from './exact-json.ts';
import { WrittenText } from './written-text.ts';

/** In the place of text that is messages in a notation that nothing here reads. */
export const MESSAGES_IN_NO_JSON = Symbol('messages in no JSON');

/** What kind of value was found, for messages that must not quote it. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (value === MESSAGES_IN_NO_JSON) {
    return "messages in a notation that is not JSON (Python's, as pandas and str() print them); write them with json.dumps";
  }
  if (Array.isArray(value)) return 'a list';
  if (isNotFinite(value)) return 'not a finite number';
  if (isNumber(value)) return 'a number';
  if (typeof value === 'string' || value instanceof WrittenText) return 'text';
  if (typeof value === 'boolean') return String(value);
  return 'an object';
};
