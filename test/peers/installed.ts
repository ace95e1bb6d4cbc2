import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Kept from one run to the next: programs take minutes to install. */
const CACHE = process.env.DPO_PEERS_CACHE ?? fileURLToPath(new URL('../../.cache/peers/', import.meta.url));

/**
 * The folder that a program is in. `install` makes it where it is not there yet; the same name and the same `what` are
 * the same folder.
 */
export async function installed(
  name: string,
  what: readonly unknown[],
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  const done = join(folder, 'installed');
  if (existsSync(done)) return folder;
  await mkdir(CACHE, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (existsSync(done)) return folder;
    await rm(folder, { recursive: true, force: true });
    await install(folder);
    await writeFile(done, '');
  } finally {
    await unlock();
  }
  return folder;
}

/** Tests in several files want one program at once; one of them installs it. The file holds the installer's process id. */
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
