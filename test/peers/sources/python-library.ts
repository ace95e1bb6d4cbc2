import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonOf, runPython } from '../python.ts';

export interface PythonLibrary {
  /** Runs a script of `python/`, and returns what it prints. */
  readonly run: (script: string, ...args: readonly string[]) => Promise<string>;
}

/** A library of Python by its name and version, installed once. A library that cannot be installed is an error: nothing is skipped. */
export async function openLibrary(requirement: string): Promise<PythonLibrary> {
  const [name = requirement] = requirement.split('==');
  const python = await pythonOf({ name, requirements: [requirement], interpreter: await findPython() }).catch(
    (cause: unknown) => {
      const why = cause instanceof Error ? cause.message.slice(-2000) : String(cause);
      throw new Error(`${requirement} cannot be installed, and nothing can be compared with it: ${why}`, { cause });
    },
  );
  return {
    run: (script, ...args) => runPython(python, [fileURLToPath(new URL(`python/${script}`, import.meta.url)), ...args]),
  };
}

/** Harbor and NeMo Gym run on Python 3.12 and later. */
async function findPython(): Promise<string> {
  const versions = join(homedir(), '.pyenv/versions');
  const kept = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin/python'))
    : [];
  for (const python of ['python3.13', 'python3.12', 'python3', ...kept.toReversed()]) {
    const version = ['-c', 'import sys; print(sys.version_info[:2] in [(3, 12), (3, 13)])'];
    const found = await promisify(execFile)(python, version).catch(() => undefined);
    if (found?.stdout.trim() === 'True') return python;
  }
  throw new Error('These peers need Python 3.12 or 3.13, and there is neither: install one.');
}
