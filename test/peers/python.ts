import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Kept from one run to the next: an environment takes minutes to install. */
const CACHE = process.env.DPO_PEERS_CACHE ?? fileURLToPath(new URL('../../.cache/peers/', import.meta.url));

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
  const digest = createHash('sha256')
    .update(JSON.stringify([requirements, alone, interpreter, ...(base ? [base] : [])]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  const python = join(folder, 'bin', 'python');
  const installed = join(folder, 'installed');
  if (existsSync(installed)) return python;
  await mkdir(CACHE, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (existsSync(installed)) return python;
    await rm(folder, { recursive: true, force: true });
    await run(interpreter, ['-m', 'venv', folder]);
    if (base)
      await writeFile(join(await sitePackages(python), 'base.pth'), await sitePackages(join(base, 'bin', 'python')));
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...pip, ...requirements], LARGE);
    if (alone.length > 0) await run(python, [...pip, '--no-deps', ...alone], LARGE);
    await writeFile(installed, '');
  } finally {
    await unlock();
  }
  return python;
}

async function sitePackages(python: string): Promise<string> {
  const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  return stdout.trim();
}

/** Tests in several files want one environment at once; one of them installs it. The file holds the installer's process id. */
async function lock(file: string): Promise<() => Promise<void>> {
  for (;;) {
    const taken = await writeFile(file, String(process.pid), { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    if (taken) return () => rm(file, { force: true });
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
    await wait(1000);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
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
