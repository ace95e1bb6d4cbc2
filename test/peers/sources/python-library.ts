import { fileURLToPath } from 'node:url';
import { findPython, pythonOf, runPython } from '../python.ts';

export interface PythonLibrary {
  /** Runs a script of `python/`, and returns what it prints. */
  readonly run: (script: string, ...args: readonly string[]) => Promise<string>;
}

/** A library of Python by its name and version, installed once. A library that cannot be installed is an error: nothing is skipped. */
export async function openLibrary(requirement: string): Promise<PythonLibrary> {
  const [name = requirement] = requirement.split('==');
  const python = await pythonOf({
    name,
    requirements: [requirement],
    interpreter: await findPython('3.13', '3.12'),
  }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message.slice(-2000) : String(cause);
    throw new Error(`${requirement} cannot be installed, and nothing can be compared with it: ${why}`, { cause });
  });
  return {
    run: (script, ...args) => runPython(python, [fileURLToPath(new URL(`python/${script}`, import.meta.url)), ...args]),
  };
}
