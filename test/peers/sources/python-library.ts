import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A library of Python in an environment of its own, which is made once and kept outside the checkout. */
export interface PythonLibrary {
  /** Runs a script of `python/`, and returns what it prints. */
  readonly run: (script: string, ...args: readonly string[]) => Promise<string>;
}

/**
 * Installs the library where it is not there yet: under `DPO_PEERS`, else in the folder for temporary files. Throws where
 * that is impossible: a peer that cannot be asked is a failure.
 */
export async function openLibrary(requirement: string): Promise<PythonLibrary> {
  const folder = join(process.env.DPO_PEERS ?? join(tmpdir(), 'dpo-trajectories-peers'), requirement);
  const python = join(folder, 'bin/python');
  const installed = join(folder, 'installed');
  if (!existsSync(installed)) {
    rmSync(folder, { recursive: true, force: true });
    await run(await findPython(), ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    writeFileSync(installed, '');
  }
  return {
    run: async (script, ...args) => {
      const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
      const { stdout } = await run(python, [path, ...args], { maxBuffer: MAX_PRINTED_BYTES });
      return stdout;
    },
  };
}

const MAX_PRINTED_BYTES = 2 ** 28;

/** Harbor and NeMo Gym need Python 3.12 or later. */
async function findPython(): Promise<string> {
  const versions = join(homedir(), '.pyenv/versions');
  const kept = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin/python'))
    : [];
  const candidates = [process.env.DPO_PEERS_PYTHON, 'python3.13', 'python3.12', 'python3', ...kept.toReversed()];
  for (const python of candidates.filter((one) => one !== undefined)) {
    const version = await run(python, ['-c', 'import sys; print(sys.version_info >= (3, 12))']).catch(() => undefined);
    if (version?.stdout.trim() === 'True') return python;
  }
  throw new Error('The peers need Python 3.12 or later: install it, or name its program in DPO_PEERS_PYTHON.');
}
