import { extname } from 'node:path';
import { InvalidRequest } from '../lib/errors.ts';
import { readTextFile } from './read-text-file.ts';
import { isSettings, type Settings } from './settings.ts';

/** Reads a `.json`, `.yaml` or `.yml` file of settings. Errors name the flag, the file and, in YAML, the line. */
export async function readSettingsFile(flag: string, file: string): Promise<Settings> {
  const text = await readTextFile(file, `${flag} ${file}`);
  const isJson = extname(file).toLowerCase() === '.json';
  const parse: (text: string) => unknown = isJson ? JSON.parse : (await import('yaml')).parse;
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new InvalidRequest(`${flag} ${file} is not ${isJson ? 'JSON' : 'YAML'}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  if (!isSettings(value)) throw new InvalidRequest(`${flag} ${file} must be an object of settings.`);
  return value;
}

/** The parser's own words, which say what and where; a YAML error goes on with the lines around the place. */
function reasonOf(error: unknown): string {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split(/:?\n\n/);
  return reason.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200);
}
