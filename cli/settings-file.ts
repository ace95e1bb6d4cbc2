import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { InvalidRequest } from '../lib/errors.ts';
import { localPath } from './locations.ts';
import { isSettings, type Settings } from './settings.ts';

/** Reads a `.json`, `.yaml` or `.yml` file of settings. Errors name the flag, the file and, in YAML, the line. */
export async function readSettingsFile(flag: string, file: string): Promise<Settings> {
  const text = await readText(flag, file);
  const value =
    extname(file).toLowerCase() === '.json' ? parseJson(flag, file, text) : await parseYaml(flag, file, text);
  if (!isSettings(value)) throw new InvalidRequest(`${flag} ${file} holds no settings: it must be an object.`);
  return value;
}

async function readText(flag: string, file: string): Promise<string> {
  try {
    // JSON.parse refuses a byte order mark, which Windows' editors write.
    return (await readFile(localPath(file), 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof InvalidRequest) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InvalidRequest(`${flag} ${file} ${missing ? 'is not there' : 'cannot be read as a file'}.`, {
      cause: error,
    });
  }
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
