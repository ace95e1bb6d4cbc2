import packageJson from '../../package.json' with { type: 'json' };
import { dpo } from '../cli/dpo-process.ts';

const NPM_OWN = new Set(['ci', 'test', 'start', 'pack', 'install']);

/** What is wrong with a line that calls `dpo` or `npm`: a script, command or flag that does not exist. Undefined: nothing. */
export async function wrongCommand(line: string): Promise<string | undefined> {
  const words = line.split(/\s+/);
  if (words[0] === 'dpo') return wrongDpo(words.slice(1));
  const [name = '', ...rest] = line.replace(/^npm( run)?( --silent)? /, '').split(/\s+/);
  if (NPM_OWN.has(name)) return undefined;
  if (!Object.hasOwn(packageJson.scripts, name)) return `package.json has no script ${name}`;
  return name === 'dpo' ? wrongDpo(rest.slice(1)) : undefined;
}

async function wrongDpo([command = '', ...words]: readonly string[]): Promise<string | undefined> {
  if (command === '' || command.startsWith('-')) return undefined;
  const help = await helpOf(command);
  if (help === undefined) return `dpo has no command ${command}`;
  const unknown = words.find((word) => word.startsWith('--') && !help.includes(` ${word.replace(/=.*$/, '')} `));
  return unknown === undefined || unknown === '--help' ? undefined : `dpo ${command} has no ${unknown}`;
}

const helps = new Map<string, Promise<string | undefined>>();

function helpOf(command: string): Promise<string | undefined> {
  const known = helps.get(command) ?? askHelp(command);
  helps.set(command, known);
  return known;
}

async function askHelp(command: string): Promise<string | undefined> {
  const { code, stdout } = await dpo([command, '--help']);
  return code === 0 && stdout.startsWith(`Usage: dpo ${command} `) ? stdout : undefined;
}

/** The examples that a command's help shows. */
export async function helpExamples(command: string): Promise<string[]> {
  return [...((await helpOf(command)) ?? '').matchAll(/^ {2}\$ (dpo .*)$/gm)].map(([, line = '']) => line);
}
