import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './installed.ts';

const run = promisify(execFile);

export interface Environment {
  readonly name: string;
  /** Of pip, with versions: the same requirements are the same environment. */
  readonly requirements: readonly string[];
  /** Installed without what they require: of a trainer only its loader is used, which needs no torch. */
  readonly alone?: readonly string[];
  /** Its packages are found where this environment has none of its own: torch is installed once. */
  readonly on?: Environment;
  /** `python3` where it is left out. */
  readonly interpreter?: string;
}

/** The Python of a virtual environment that has the packages. It is installed where it is not there yet. */
export async function pythonOf({
  name,
  requirements,
  alone = [],
  on,
  interpreter = 'python3',
}: Environment): Promise<string> {
  const base = on && dirname(dirname(await pythonOf(on)));
  const folder = await installed(name, [requirements, alone, interpreter, ...(base ? [base] : [])], async (folder) => {
    await run(interpreter, ['-m', 'venv', folder]);
    const python = join(folder, 'bin', 'python');
    if (base) {
      await writeFile(join(await sitePackages(python), 'base.pth'), await sitePackages(join(base, 'bin', 'python')));
    }
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...pip, ...requirements], LARGE);
    if (alone.length > 0) await run(python, [...pip, '--no-deps', ...alone], LARGE);
  });
  return join(folder, 'bin', 'python');
}

async function sitePackages(python: string): Promise<string> {
  const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  return stdout.trim();
}

/** The name or the path of an interpreter of one of these versions (`3.13`), the first one first. */
export async function findPython(...versions: readonly string[]): Promise<string> {
  const kept = join(homedir(), '.pyenv/versions');
  const others = existsSync(kept) ? readdirSync(kept).map((each) => join(kept, each, 'bin/python')) : [];
  for (const python of [...versions.map((version) => `python${version}`), 'python3', ...others.toReversed()]) {
    const version = ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
    const found = await run(python, version).catch(() => undefined);
    if (found && versions.includes(found.stdout.trim())) return python;
  }
  throw new Error(`These peers need Python ${versions.join(' or ')}, and there is none: install one.`);
}

/** Runs a script and gives what it prints. Its failure is an error with what it printed. */
export async function runPython(
  python: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run(python, args, { ...LARGE, env: { ...process.env, ...environment } });
  return stdout;
}

const LARGE = { maxBuffer: 2 ** 28 };
