import { jsonOrUndefined } from '../lib/contract/json-or-undefined.ts';
import { type JsonSchema, jsonSchemaOf, schemasAt } from '../lib/contract/json-schema.ts';
import { Request } from '../lib/contract/request.ts';
import { InvalidRequest } from '../lib/errors.ts';

/** One source of settings: part of a request, not checked yet. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * Later layers win, setting by setting; lists, and `source.traces` as a whole, are replaced rather than merged: a `prefix`
 * from the command line must not join a `key` from the request file.
 */
export function mergeSettings(layers: readonly Settings[]): Settings {
  return layers.reduce((merged, layer) => {
    const { source, ...rest } = layer;
    const next = mergeKeys(merged, rest);
    return source === undefined ? next : { ...next, source: mergeSource(merged.source, source) };
  }, {});
}

function mergeSource(base: unknown, more: unknown): unknown {
  if (!isSettings(base) || !isSettings(more)) return more;
  if ('workflow' in base && 'workflow' in more) return mergeKeys(base, more);
  const another = ('workflow' in base && 'traces' in more) || ('traces' in base && 'workflow' in more);
  // Traces, and a format that is a name, are replaced; pointers of a field map and weights of scores add up.
  return another ? more : { ...mergeKeys(base, more), ...('traces' in more && { traces: more.traces }) };
}

/**
 * `builder.min_score_diff=0.05` as settings. A value that is JSON is taken as such, any other as text; where the setting is
 * a list of texts, `trl,openai` and `[trl,openai]` are lists. Whether such a setting exists is for the request's schema to
 * say.
 */
export function settingsFromAssignment(assignment: string): Settings {
  const equals = assignment.indexOf('=');
  if (equals < 1) {
    throw new InvalidRequest(`--set ${assignment} has no value. Write it as --set builder.min_score_diff=0.05.`);
  }
  const names = assignment.slice(0, equals).split('.');
  const unusable = names.find((name) => name === '' || FORBIDDEN_NAMES.has(name));
  if (unusable !== undefined) {
    throw new InvalidRequest(
      `--set ${assignment.slice(0, equals)} is not a setting: ${unusable === '' ? 'a part of it is empty' : `"${unusable}" is not allowed`}.`,
    );
  }
  return settingAt(names, parseValue(names, assignment.slice(equals + 1)));
}

/** One setting in its sections. */
export const settingAt = ([name = '', ...below]: readonly string[], value: unknown): Settings => ({
  [name]: below.length === 0 ? value : settingAt(below, value),
});

/** A positive whole number from a flag. */
export function countFromFlag(flag: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidRequest(`${flag} must be a whole number, but is "${text}".`);
  return Number(text);
}

export const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** These reach an object's prototype rather than a setting of it. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Merges objects key by key; any other value of `more` replaces that of `base`. */
export function mergeKeys(base: Settings, more: Settings): Settings {
  // From entries, so that a "__proto__" key stays a key, for the schema to refuse.
  return Object.fromEntries([
    ...Object.entries(base),
    ...Object.entries(more).map(([key, value]) => {
      const before = Object.hasOwn(base, key) ? base[key] : undefined;
      return [key, isSettings(before) && isSettings(value) ? mergeKeys(before, value) : value];
    }),
  ]);
}

function parseValue(names: readonly string[], text: string): unknown {
  const json = jsonOrUndefined(text);
  const value = json === undefined ? text : json;
  if (typeof value !== 'string' || value.trim() === '' || !takesTexts(names)) return value;
  const [, inner = value] = /^\s*\[(.*)\]\s*$/s.exec(value) ?? [];
  return inner.split(',').map((entry) => entry.trim().replace(/^(["'])(.*)\1$/s, '$2'));
}

/** The setting is a list of texts, and nothing else may stand there. */
function takesTexts(names: readonly string[]): boolean {
  const places = schemasAt(jsonSchemaOf(Request), names);
  const isListOfTexts = ({ type, items }: JsonSchema) =>
    type === 'array' && typeof items === 'object' && !Array.isArray(items) && items.type === 'string';
  return places.length > 0 && places.every(isListOfTexts);
}
