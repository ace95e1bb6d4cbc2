import { isUtf8 } from 'node:buffer';
import {
  depthOf,
  hasLongInteger,
  integerText,
  isNotFinite,
  isNumber,
  isObject,
  type JsonObject,
  parseExactly,
  pythonText,
  sourceOf,
} from '../../json/exact-json.ts';
import { someBetweenStrings } from '../../json/json-strings.ts';
import { kindOf } from '../../json/kind-of.ts';
import { parsePythonJson } from '../../json/python-json.ts';
import { WrittenText } from '../../json/written-text.ts';
import { type ItemReason, type ItemRejection, MAX_DEPTH } from '../../record.ts';
import type { ExampleId, ItemDescription } from '../../trace-item.ts';
import type { NatNames } from './nat-names.ts';
import { ATIF_EXPORT, BARE_ANSWER } from './no-candidates.ts';

/** An element of NAT's `workflow_output.json`: one evaluated dataset example, as far as preferences go. */
export interface NatItem {
  readonly id: ExampleId;
  /**
   * `payload` of each step that is a candidate by type and name, in order: at least the members that preferences are
   * made of. A text in `data` may be a {@link WrittenText}.
   */
  readonly payloads: readonly JsonObject[];
  /** What the item holds besides, before the next item is asked for: after that its bytes may be gone. */
  readonly describe: () => ItemDescription;
}

/** Reads one trace item from exactly its bytes. The reference for any faster reader: this one parses everything. */
export function readTraceItem(bytes: Buffer, names: NatNames): { item: NatItem } | { rejected: ItemRejection } {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return NOT_UTF8;
  }
  const json = parsePythonJson(text);
  if (!json) return NOT_JSON;
  if (typeof json.value === 'string') return reject('not_an_object', BARE_ANSWER);
  if (!isObject(json.value)) return reject('not_an_object', `it is ${kindOf(json.value)}, not an object`);
  if (depthOf(json.text, MAX_DEPTH) > MAX_DEPTH) return reject('too_deep', `it nests deeper than ${MAX_DEPTH} levels`);
  const value = needsExactNumbers(json.text, json.value, names) ? parseExactly(json.text) : json.value;
  return isObject(value) ? readObject(value, names) : reject('not_an_object', 'it is not an object');
}

/** The same of bytes that are known to be no JSON. JSON.parse would spend more time on its error than on its text. */
export const rejectText = (bytes: Buffer): { rejected: ItemRejection } => (isUtf8(bytes) ? NOT_JSON : NOT_UTF8);

/** Reads an item that is parsed already. */
export function readObject(value: JsonObject, names: NatNames): { item: NatItem } | { rejected: ItemRejection } {
  const found = memberOf(value, names.id);
  const key = JSON.stringify(names.id);
  if (found === undefined) {
    if (isAtif(value)) return reject('missing_id', `it has no ${key}; this looks like ${ATIF_EXPORT}`);
    return reject('missing_id', `it has no ${key} (${knownKeys(value)}); source.nat_keys.id_key names another key`);
  }
  const id = readExampleId(found);
  if (!id) return reject('invalid_id', `its ${key} is ${kindOf(found)}; give text or a number`);
  const list = memberOf(value, names.trajectory);
  const steps = Array.isArray(list) ? list : [];
  const payloads = candidatePayloads(steps, names.step);
  return { item: { id, payloads, describe: () => describe(value, steps, names) } };
}

/** Steps that count as candidates: `payload.event_type` TTC_END and `payload.name` the step name. */
export function candidatePayloads(steps: readonly unknown[], stepName: string): JsonObject[] {
  const payloads: JsonObject[] = [];
  for (const step of steps) {
    if (!isObject(step) || !isObject(step.payload)) continue;
    if (step.payload.event_type === 'TTC_END' && step.payload.name === stepName) payloads.push(step.payload);
  }
  return payloads;
}

export const readExampleId = (id: unknown): ExampleId | undefined => {
  if (typeof id === 'string') return { text: id, key: `text ${id}` };
  if (isNumber(id) && !isNotFinite(id)) return { text: pythonText(id), key: `number ${numericKey(sourceOf(id))}` };
  if (typeof id === 'boolean') return { text: String(id), key: `number ${id ? 1 : 0}` };
  return undefined;
};

/** Exact for integers of any length; 1.0 and 1e0 are the integer 1. */
const numericKey = (source: string): string => {
  if (/^-?\d+$/.test(source)) return integerText(source);
  const double = Number(source);
  return Number.isInteger(double) ? String(BigInt(double)) : String(double);
};

/** An id that may have lost digits or its form, or a number that will become text. */
const needsExactNumbers = (text: string, item: JsonObject, { step, id, trajectory }: NatNames): boolean => {
  if (someBetweenStrings(text, hasLongInteger)) return true;
  if (typeof memberOf(item, id) === 'number' && (id !== 'id' || ID_WITH_POINT_OR_EXPONENT.test(text))) return true;
  const steps = memberOf(item, trajectory);
  return (
    Array.isArray(steps) &&
    candidatePayloads(steps, step).some(
      ({ data }) => isObject(data) && (typeof data.input === 'number' || typeof data.output === 'number'),
    )
  );
};

/** The request names the keys, and an object inherits some. */
const memberOf = (item: JsonObject, key: string): unknown => (Object.hasOwn(item, key) ? item[key] : undefined);

const ID_WITH_POINT_OR_EXPONENT = /"(?:i|\\u0069)(?:d|\\u0064)"\s*:\s*-?\d+[.eE]/;

const describe = (item: JsonObject, steps: readonly unknown[], { trajectory }: NatNames): ItemDescription => {
  const payloads = steps.map((step) => (isObject(step) && isObject(step.payload) ? step.payload : {}));
  return {
    eventTypes: payloads.map(({ event_type }) => (typeof event_type === 'string' ? event_type : '(none)')),
    ttcNames: payloads.flatMap(({ event_type, name }) =>
      event_type === 'TTC_END' && typeof name === 'string' ? [name] : [],
    ),
    withoutSteps: steps.length === 0,
    atif: isAtif(item),
    otherKeys: Object.hasOwn(item, trajectory) ? [] : Object.keys(item),
    stepKeys: Object.keys(item).filter((key) => key !== trajectory && holdsSteps(item[key])),
  };
};

/** An item of NAT's `workflow_output_atif.json`, or what it holds. */
export const isAtif = (item: JsonObject): boolean =>
  [item, item.trajectory].some(
    (found) => isObject(found) && typeof found.schema_version === 'string' && found.schema_version.startsWith('ATIF-'),
  );

const holdsSteps = (found: unknown): boolean => {
  const [first] = Array.isArray(found) ? found : [];
  return isObject(first) && isObject(first.payload) && typeof first.payload.event_type === 'string';
};

const reject = (reason: ItemReason, detail: string): { rejected: ItemRejection } => ({
  rejected: { reason, detail, exampleId: null },
});

const NOT_JSON = reject('invalid_json', 'it is not valid JSON');
const NOT_UTF8 = reject('invalid_utf8', 'its bytes are not UTF-8 text');

/** Keys are the file's own words, but no prompt or response; ten of them tell what kind of file it is. */
const knownKeys = (item: JsonObject): string => {
  const keys = Object.keys(item);
  const shown = keys.slice(0, 10).map((key) => JSON.stringify(key.slice(0, 40)));
  return keys.length === 0 ? 'it is empty' : `its keys: ${shown.join(', ')}${keys.length > 10 ? ', …' : ''}`;
};

// Without `ignoreBOM` the decoder would silently drop a byte order mark that JSON.parse refuses.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
