import { shorten } from '../shorten.ts';

/** A request's settings as rows, `builder.min_score_diff` and its value. */
export type Setting = { readonly name: string; readonly value: string };

const MOST_ROWS = 200;
const LONGEST_VALUE = 400;

/** The leaves of a request in its own order. What is named like a secret is hidden: a report gets passed on. */
export function settingRows(request: object): Setting[] {
  const rows = leaves('', request);
  const left = rows.length - MOST_ROWS;
  return left > 0 ? [...rows.slice(0, MOST_ROWS), { name: '…', value: `${left} more in request.json` }] : rows;
}

const SECRET = /(?:token|password|secret|api_key)$/i;

function leaves(path: string, value: unknown): Setting[] {
  if (value !== null && typeof value === 'object' && !isPlainList(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => leaves(path === '' ? key : `${path}.${key}`, inner));
  }
  if (value === undefined) return [];
  if (SECRET.test(path) && value !== null && value !== '') return [{ name: path, value: '(hidden)' }];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [{ name: path, value: shorten(text, LONGEST_VALUE) }];
}

/** A list of texts and numbers reads better in one row. */
const isPlainList = (value: object): boolean =>
  Array.isArray(value) && value.every((entry) => entry === null || typeof entry !== 'object');
