import { depthOf, hasLongInteger, type JsonObject, parseExactly } from '../json/exact-json.ts';
import { someBetweenStrings } from '../json/json-strings.ts';
import { parsePythonJson } from '../json/python-json.ts';
import { MAX_DEPTH, type ReadItem, reject } from '../record.ts';
import { withinValues } from '../value-cap.ts';
import type { RecordReader } from './container.ts';

/** Records as JSON values, whatever they mean. Numbers that a double cannot hold are `JSON.rawJSON` objects. */
export const valueReader: RecordReader<unknown> = {
  fromJson: withinValues(readJsonValue),
  fromValue: (value: JsonObject) => ({ item: value }),
};

function readJsonValue(bytes: Buffer): ReturnType<ReadItem<unknown>> {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return reject('invalid_utf8', 'its bytes are not UTF-8 text');
  }
  const json = parsePythonJson(text);
  if (!json) return reject('invalid_json', 'it is not valid JSON');
  if (depthOf(json.text, MAX_DEPTH) > MAX_DEPTH) return reject('too_deep', `it nests deeper than ${MAX_DEPTH} levels`);
  return { item: someBetweenStrings(json.text, hasLongInteger) ? parseExactly(json.text) : json.value };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
