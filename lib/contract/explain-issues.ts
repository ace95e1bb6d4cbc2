import type * as z from 'zod';
import { describe, type JsonSchema, jsonSchemaOf, keysOf, schemasAt, settingsBelow } from './json-schema.ts';
import { nearest } from './nearest.ts';

/**
 * What is wrong with `value`, as plain sentences that name the setting, the value found and the way out.
 * Objects and lists found are named by kind only: their content may be long, deep or private.
 */
export function explainIssues(issues: readonly Issue[], schema: z.ZodType, value: unknown): string[] {
  const root = jsonSchemaOf(schema);
  return [...new Set(issues.flatMap((issue) => explain(issue, { root, value })))];
}

/** "builder.min_score_dif is not a setting; did you mean builder.min_score_diff?" */
export function explainUnknownKey(path: readonly PropertyKey[], key: string, root: JsonSchema): string {
  const siblings = keysOf(schemasAt(root, path));
  const meant = nearest(key, siblings) ?? settingElsewhere(key, root);
  const name = dotted([...path, key]);
  if (meant === undefined) return `${name} is not a setting; ${sectionName(path)} takes ${siblings.join(', ')}.`;
  return `${name} is not a setting; did you mean ${meant.includes('.') ? meant : dotted([...path, meant])}?`;
}

type Issue = z.core.$ZodIssue;
interface Place {
  readonly root: JsonSchema;
  readonly value: unknown;
}

function explain(issue: Issue, place: Place): string[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => explainUnknownKey(issue.path, key, place.root));
    case 'invalid_union':
      return explainUnion(issue, place);
    case 'invalid_format':
    case 'custom':
      return [`${sectionName(issue.path, true)} ${issue.message}, but is ${shownAt(issue.path, place)}.`];
    default:
      return [explainMismatch(issue.path, place)];
  }
}

function explainMismatch(path: readonly PropertyKey[], place: Place): string {
  const wanted = describe(schemasAt(place.root, path));
  if (valueAt(place.value, path) === undefined) return `${dotted(path)} is missing: it must be ${wanted}.`;
  return `${sectionName(path, true)} must be ${wanted}, but is ${shownAt(path, place)}.`;
}

/** Explains the alternative that was meant where that can be told, else what all of them are. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, place: Place): string[] {
  const meant = knowingMost(branchesOf(issue), issue.path);
  const unknown = meant.map((branch) => branch.flatMap((inner) => (inner.code === 'unrecognized_keys' ? [inner] : [])));
  const shared = unknown[0]?.filter((first) =>
    unknown.every((others) => others.some((other) => other.keys.join() === first.keys.join())),
  );
  if (shared && shared.length > 0) return shared.flatMap((inner) => explain(inner, place));
  const fewest = Math.min(...meant.map((branch) => branch.length));
  const [best, ...tied] = meant.filter((branch) => branch.length === fewest);
  if (best && tied.length === 0) return best.flatMap((inner) => explain(inner, place));
  return [explainMismatch(issue.path, place)];
}

/** A union's alternatives, with paths from the root; those of the value's own kind. */
function branchesOf(issue: Extract<Issue, { code: 'invalid_union' }>): Issue[][] {
  return issue.errors
    .map((branch) => branch.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] })))
    .filter((branch) => !branch.some((inner) => isWrongKind(inner, issue.path)));
}

/** Who writes `workflow` does not mean the alternative that has no such key. */
function knowingMost(branches: readonly Issue[][], path: readonly PropertyKey[]): Issue[][] {
  const unknown = branches.map((branch) =>
    branch.flatMap((inner) =>
      inner.code === 'unrecognized_keys' && inner.path.length === path.length ? inner.keys : [],
    ),
  );
  const fewest = Math.min(...unknown.map((keys) => keys.length));
  return branches.filter((_, at) => unknown[at]?.length === fewest);
}

const isWrongKind = (issue: Issue, path: readonly PropertyKey[]): boolean =>
  issue.code === 'invalid_type' && issue.path.length === path.length;

function settingElsewhere(key: string, root: JsonSchema): string | undefined {
  return settingsBelow(root).find((setting) => setting.endsWith(`.${key}`));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const segment of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment)) return undefined;
    found = Reflect.get(found, segment);
  }
  return found;
}

function shownAt(path: readonly PropertyKey[], { value }: Place): string {
  const name = path.at(-1);
  const hidden = typeof name === 'string' && OF_A_SECRET.test(name);
  return hidden ? 'something else (not shown: it may be a secret)' : show(valueAt(value, path));
}

/** Settings that hold a secret, or its name: where the name is expected, the secret itself is what one may have given. */
const OF_A_SECRET = /(?:token|password|secret|secret_arn|api_key)$/i;

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
      .slice(0, 4)
      .map((key) => shorten(JSON.stringify(key)));
    return keys.length === 0 ? 'an empty object' : `an object with ${keys.join(', ')}`;
  }
  return shorten(typeof value === 'string' ? JSON.stringify(withoutCredentials(value)) : String(value));
}

/** A URL without what may be secret in it: user, password and query. */
const withoutCredentials = (text: string): string =>
  text.replace(/\/\/[^/]*@/, '//…@').replace(/^(\w+:\/\/[^?]*\?).*$/s, '$1…');

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const dotted = (path: readonly PropertyKey[]): string => path.map(String).join('.');

const sectionName = (path: readonly PropertyKey[], atStart = false): string =>
  path.length > 0 ? dotted(path) : `${atStart ? 'The' : 'the'} request`;
