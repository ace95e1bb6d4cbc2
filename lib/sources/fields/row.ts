import { readTools } from '../conversation.ts';
import { mayHoldMessages, messagesOf, writtenMessages } from '../dialects.ts';
import type { JsonObject } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { type JsonPointer, MISSING, parsePointer, type Reached, reach } from '../json-pointer.ts';
import { lost, type SourceLoss } from '../source-candidate.ts';
import type { FieldPlaces } from './field-choices.ts';
import { placesByKeys } from './places-by-keys.ts';
import { type Asked, readPrompt } from './read-answer.ts';
import { unwrapJson } from './unwrap-json.ts';

/** What fields are read from: a record, or an entry of its list of candidates and then the record. */
export type Row = ReturnType<ReturnType<typeof rowsOf>>;

export interface FieldRules {
  /** Whether prompts that are text have their chat template in them; undefined: told from the text. */
  readonly rendered?: boolean;
  /** Fields whose pointers are customary keys: a record need not have them. */
  readonly customary?: ReadonlySet<string>;
  /** Where a winner is a number below 0 for the first answer and above 0 for the second. */
  readonly signedWinners?: readonly JsonPointer[];
}

/** What all rows of a record share, a long prompt or many tools, is read once. */
export function rowsOf(places: FieldPlaces, rules: FieldRules) {
  const pathOf = rememberEach(parsePointer);
  const placesIn = placesByKeys(places, rules.customary ?? new Set());
  const askedOf = rememberLast((found, record) => readPrompt(unwrapMessages(found, record, found), rules.rendered));
  const toolsOf = rememberLast((found): { readonly tools: readonly unknown[] | undefined } | Lost => {
    const list = unwrapJson(found);
    return list === undefined || Array.isArray(list)
      ? { tools: readTools(list) }
      : { rejected: lost('invalid_tools', `the tools are ${kindOf(list)}; they must be a list`) };
  });
  return (scopes: readonly JsonObject[]) => {
    const record = scopes.at(-1) ?? {};
    const here = scopes.length === 1 ? placesIn(record) : places;
    /** What the first of the pointers that holds something reaches; null is next to nothing. */
    const find = (pointers: readonly JsonPointer[], within = scopes): Reached => {
      let next: Reached = MISSING;
      for (const pointer of pointers) {
        for (const scope of within) {
          const reached = reach(scope, pathOf(pointer));
          if ('value' in reached && reached.value !== null) return reached;
          if ('value' in reached || ('blockedAt' in reached && 'missing' in next)) next = reached;
        }
      }
      return next;
    };
    /** The messages of an answer whose text holds them as JSON. */
    const unwrap = (found: unknown): unknown => unwrapMessages(found, record, valueIn(find(here.prompt)));
    /** Undefined where the row has no prompt. */
    const readAsked = (): Asked | Lost | undefined => {
      const prompt = valueIn(find(here.prompt));
      return prompt === undefined ? undefined : askedOf(prompt, record);
    };
    /** Undefined where the row has no tools. */
    const readOffered = () => toolsOf(valueIn(find(here.tools)), record);
    return { scopes, places: here, rules, find, unwrap, readAsked, readTools: readOffered };
  };
}

interface Lost {
  readonly rejected: SourceLoss;
}

/** Undefined where there is nothing, or null. */
export const valueIn = (reached: Reached): unknown => ('value' in reached ? (reached.value ?? undefined) : undefined);

/** Where a pointer does not get through, why its field cannot be read. */
export const blockedIn = (field: string, reached: Reached): SourceLoss | undefined =>
  'blockedAt' in reached
    ? lost(
        'pointer_into_text',
        `source.format.${field} points into ${reached.blockedAt}, which is neither an object nor a list`,
      )
    : undefined;

/** Text that holds messages as JSON is those messages, unless it answers a prompt of text: then only in a row of text alone. */
function unwrapMessages(found: unknown, record: JsonObject, prompt: unknown): unknown {
  if (typeof found !== 'string' || !mayHoldMessages(found)) return found;
  if (isTextAlone(record)) {
    const messages = unwrapJson(found);
    return messagesOf(messages) ? messages : (writtenMessages(found) ?? found);
  }
  const isAskedInText = typeof prompt === 'string' && writtenMessages(prompt) === undefined;
  return isAskedInText ? found : (writtenMessages(found) ?? found);
}

const isTextAlone = (record: JsonObject): boolean =>
  Object.values(record).every((value) => typeof value === 'string' || value === null);

function rememberEach<Result>(read: (key: string) => Result): (key: string) => Result {
  const known = new Map<string, Result>();
  return (key) => {
    const result = known.get(key) ?? read(key);
    known.set(key, result);
    return result;
  };
}

type ReadIn<Result> = (found: unknown, record: JsonObject) => Result;

function rememberLast<Result>(read: ReadIn<Result>): ReadIn<Result> {
  let last: { readonly found: unknown; readonly record: JsonObject; readonly result: Result } | undefined;
  return (found, record) => {
    if (last === undefined || last.found !== found || last.record !== record) {
      last = { found, record, result: read(found, record) };
    }
    return last.result;
  };
}
