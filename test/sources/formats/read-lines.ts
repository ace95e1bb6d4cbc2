import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parsePythonJson } from '../../../lib/sources/json/python-json.ts';
import { golden, type NamedRecord } from './expected.ts';

/** The records of a sample's JSON lines, each at its byte in the uncompressed text. `key` is the object's. */
export function readLines(path: string, key = path): readonly Required<NamedRecord>[] {
  const bytes = readFileSync(golden(path));
  let offset = 0;
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString()
    .split('\n')
    .flatMap((line) => {
      const place = { key, offset };
      offset += Buffer.byteLength(line) + 1;
      return line === '' ? [] : [{ record: parsePythonJson(line)?.value, place }];
    });
}

export const readDocument = (path: string, key = path): Required<NamedRecord> => ({
  record: parsePythonJson(readFileSync(golden(path), 'utf8'))?.value,
  place: { key, offset: 0 },
});
