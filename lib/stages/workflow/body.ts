import { isObject } from '../../sources/json/exact-json.ts';
import { type DatasetRow, idText } from './rows.ts';

/** The id an example goes by: NAT's `X_rep0`, `X_rep1`, … where examples are asked more than once. */
export const exampleId = (row: DatasetRow, rep: number, reps: number): unknown =>
  reps === 1 ? row.id : `${idText(row.id)}_rep${rep}`;

/**
 * The body to post: `template` with each `{{name}}` replaced. A string that is nothing but one becomes the value
 * itself, whatever its type; within a longer string it becomes its text, or its JSON. Names: `question`, `id`, and the
 * dataset's columns; never the expected answer.
 */
export function bodyOf(template: unknown, row: DatasetRow, id: unknown): string {
  const values: Readonly<Record<string, unknown>> = { ...row.columns, question: row.question, id };
  return JSON.stringify(fill(template, values));
}

/** The first name in `template` that the row has no value for. */
export function unknownName(template: unknown, row: DatasetRow): string | undefined {
  const names = [...JSON.stringify(template).matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  return names.find((name) => name !== 'question' && name !== 'id' && !Object.hasOwn(row.columns, name));
}

function fill(template: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof template === 'string') return fillText(template, values);
  if (Array.isArray(template)) return template.map((element) => fill(element, values));
  if (!isObject(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, values)]));
}

function fillText(template: string, values: Readonly<Record<string, unknown>>): unknown {
  const [only] = template.matchAll(PLACEHOLDER);
  if (only && only[0] === template) return values[only[1] ?? ''];
  return template.replaceAll(PLACEHOLDER, (_placeholder, name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

const PLACEHOLDER = /\{\{([^{}"\\]+)\}\}/g;
