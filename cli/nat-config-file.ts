import { dirname, resolve } from 'node:path';
import { InvalidRequest } from '../lib/errors.ts';
import { localPath } from './locations.ts';
import { type Environment, type Expansion, expandVariables, noVariables, type Variables } from './nat-variables.ts';
import { NatYamlError, parseNatYaml } from './nat-yaml.ts';
import { readTextFile } from './read-text-file.ts';
import { isSettings, mergeKeys, type Settings } from './settings.ts';

export interface NatConfigFile {
  readonly config: Settings;
  readonly variables: Variables;
}

/**
 * Reads NAT's configuration as NAT does: variables are put into the text and again into the values, the file that `base`
 * names (from the folder of the file that names it) comes first and this one is merged over it. Throws
 * {@link InvalidRequest}.
 */
export async function readNatConfigFile(file: string, environment: Environment): Promise<NatConfigFile> {
  const variables = noVariables();
  return { config: await readChain(localPath(file), [], { environment, variables }), variables };
}

async function readChain(file: string, above: readonly string[], reading: Expansion): Promise<Settings> {
  const path = resolve(file);
  const chain = [...above, path];
  if (above.includes(path)) {
    throw new InvalidRequest(`--nat-config: the base files form a loop: ${chain.join(' → ')}.`);
  }
  const config = await readOne(path, above.at(-1), reading);
  if (!Object.hasOwn(config, 'base')) return config;
  const { base, ...own } = config;
  if (typeof base !== 'string') throw new InvalidRequest(`base of ${path} must be the path of another configuration.`);
  return mergeKeys(await readChain(resolve(dirname(path), base), chain, reading), own);
}

async function readOne(path: string, namedBy: string | undefined, reading: Expansion) {
  const place = namedBy === undefined ? `--nat-config ${path}` : `${path}, the base of ${namedBy},`;
  const text = await readTextFile(path, place);
  let config: unknown;
  try {
    config = parseNatYaml(expandVariables(text, place, reading));
  } catch (error) {
    if (!(error instanceof NatYamlError)) throw error;
    const note = reading.variables.values.size === 0 ? '' : ' (with its variables put in)';
    throw new InvalidRequest(`${place} is not YAML${note}: ${error.message}.`, { cause: error });
  }
  if (!isSettings(config)) throw new InvalidRequest(`${place} must be an object of settings.`);
  const again = (value: unknown): unknown => {
    if (typeof value === 'string') return expandVariables(value, place, reading);
    if (Array.isArray(value)) return value.map(again);
    if (value instanceof Date) return value;
    return isSettings(value) ? mapValues(value, again) : value;
  };
  return mapValues(config, again);
}

/** From entries, so that a "__proto__" key stays a key. */
const mapValues = (settings: Settings, change: (value: unknown) => unknown): Settings =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, change(value)]));
