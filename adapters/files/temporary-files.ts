import { randomUUID } from 'node:crypto';
import { readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { StoreUnavailable } from '../../lib/errors.ts';

const KEY = 'dpo-trajectories:temporary-files';

/** What this process's temporary files begin with, those of its worker threads too: other processes have files beside. */
const PREFIX = `.dpo-${ofThisProcess()}-`;

let over = false;

export function temporaryName(): string {
  if (over) throw new StoreUnavailable('This process is ending: it writes nothing more.');
  return `${PREFIX}${randomUUID()}.tmp`;
}

/** No temporary file is made any more: the process is about to end. */
export function endTemporaryFiles(): void {
  over = true;
}

/** Removes what this process has left below a directory; nothing may be written there meanwhile. */
export function removeTemporaryFiles(folder: URL): void {
  const directory = fileURLToPath(folder);
  for (const name of entriesBelow(directory)) {
    if (!basename(name).startsWith(PREFIX)) continue;
    try {
      unlinkSync(join(directory, name));
    } catch {
      // It may be gone by now; one that cannot be removed is ignored by all who read.
    }
  }
}

function entriesBelow(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    // Nothing was written yet.
    return [];
  }
}

/** Worker threads get it from the thread that starts them. */
function ofThisProcess(): string {
  const known = getEnvironmentData(KEY);
  if (typeof known === 'string') return known;
  const made = randomUUID().slice(0, 8);
  setEnvironmentData(KEY, made);
  return made;
}
