import { extname } from 'node:path';
import { InvalidRequest } from '../lib/errors.ts';
import { readTextFile } from './read-text-file.ts';
import { isSettings, type Settings } from './settings.ts';

/** Reads a `.json`, `.yaml` or `.yml` file of settings. Errors name the flag, the file and, in YAML, the line. */
export async function readSettingsFile(flag: string, file: string): Promise<Settings> {
  const text = await readTextFile(file, `${flag} ${file}`);
  const value =
    extname(file).toLowerCase() === '.json' ? parseJson(flag, file, text) : await parseYaml(flag, file, text);
  if (!isSettings(value)) throw new InvalidRequest(`${flag} ${file} must be an object of settings.`);
  return value;
}

function parseJson(flag: string, file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequest(`${flag} ${file} is not JSON: ${reasonOf(error)}.`, { cause: error });
  }
}

async function parseYaml(flag: string, file: string, text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { prettyErrors: true });
  } catch (error) {
    throw new InvalidRequest(`${flag} ${file} is not YAML: ${reasonOf(error)}.`, { cause: error });
  }
}

/** The parser's own words, which say what and where; a YAML error goes on with the lines around the place. */
function reasonOf(error: unknown): string {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split(/:?\n\n/);
  return reason.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200);
}
