import { tryParseJson } from '../../contract/json-variable.ts';
import { shorten } from '../../shorten.ts';
import { isObject, type JsonObject } from '../../sources/json/exact-json.ts';

/** Bytes of a refusal that are read: its reason is at its beginning. */
export const REFUSAL_BYTES = 8192;

/**
 * Why a server refused what was posted, in its own words as far as they name a reason: a FastAPI server's `detail` (NAT's), or
 * the message of another. Bounded, and without the values that were posted: an error is logged. Undefined: it says nothing.
 */
export function explainRefusal(body: Uint8Array, posted: string): string | undefined {
  const text = new TextDecoder().decode(body);
  const answer = tryParseJson(text);
  const hide = hideValues(posted);
  if (isObject(answer) && Array.isArray(answer.detail)) return explainIssues(answer.detail, hide);
  const words = isObject(answer) ? wordsOf(answer) : answer === undefined && !/^\s*</.test(text) ? text : undefined;
  return words === undefined || words.trim() === '' ? undefined : toLine(hide(words), MOST_WORDS);
}

/** What a refusal of FastAPI's shows without its words: fields that the workflow takes and did not get. */
export function adviceOn(body: Uint8Array): string {
  const answer = tryParseJson(new TextDecoder().decode(body));
  const issues = isObject(answer) && Array.isArray(answer.detail) ? answer.detail : [];
  const missing = issues.filter(isObject).flatMap(missingField);
  return missing.length === 0 ? '' : adviceFor(missing.slice(0, MOST_ISSUES));
}

const MOST_WORDS = 200;
const MOST_ISSUES = 3;

/** pydantic's issues. Their `input` is what was posted, and is left out. */
function explainIssues(issues: readonly unknown[], hide: (text: string) => string): string | undefined {
  const known = issues.filter(isObject);
  const words = known.slice(0, MOST_ISSUES).map(({ loc, msg }) => {
    const place = Array.isArray(loc) ? toLine(loc.map(String).join('.'), 80) : 'the body';
    return `${place}: ${toLine(hide(typeof msg === 'string' ? msg : 'refused'), 80)}`;
  });
  if (words.length === 0) return undefined;
  const more = known.length > MOST_ISSUES ? `, and ${known.length - MOST_ISSUES} more` : '';
  const missing = known.flatMap(missingField);
  return `${words.join(', ')}${more}${missing.length === 0 ? '' : adviceFor(missing.slice(0, MOST_ISSUES))}`;
}

/** A field of the body itself that the workflow takes and did not get. */
function missingField({ type, loc }: JsonObject): readonly string[] {
  if (type !== 'missing' || !Array.isArray(loc) || loc.length !== 2 || loc[0] !== 'body') return [];
  const [, name] = loc;
  return typeof name === 'string' && name.length <= 80 ? [name] : [];
}

/** The first field most likely takes the question; others may be columns of the dataset. */
function adviceFor(missing: readonly string[]): string {
  const body = Object.fromEntries(missing.map((name, at) => [name, at === 0 ? '{{question}}' : `{{${name}}}`]));
  return `; the workflow takes other fields: set source.workflow.body, as in ${JSON.stringify(body)}`;
}

function wordsOf({ detail, message, error }: JsonObject): string | undefined {
  const inner = isObject(error) ? error.message : error;
  return [detail, message, inner].find((found) => typeof found === 'string');
}

/** Texts of the posted body come out as `…`; shorter ones are part of any sentence. */
function hideValues(posted: string): (text: string) => string {
  const values = textsIn(tryParseJson(posted))
    .filter((text) => text.length >= 4)
    .toSorted((a, b) => b.length - a.length);
  return (text) => values.reduce((hidden, value) => hidden.replaceAll(value, '…'), text);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value, JSON.stringify(value).slice(1, -1)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

const toLine = (text: string, most: number): string => shorten(text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim(), most);
