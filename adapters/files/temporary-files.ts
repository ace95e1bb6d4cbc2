import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { StoreUnavailable } from '../../lib/errors.ts';

const KEY = 'dpo-trajectories:temporary-files';

/** Where process ids mean the same processes: a machine, and of its containers one. */
const HERE = createHash('sha256').update(`${hostname()} ${processSpace()}`).digest('hex').slice(0, 8);

/** What this process's temporary files begin with, those of its worker threads too: other processes have files beside. */
const PREFIX = `.dpo-${HERE}-${process.pid}-${ofThisProcess()}-`;

/** Of this version, which names the process, and of earlier ones. */
const TEMPORARY = /^\.dpo-(?:(?<here>[0-9a-f]{8})-(?:(?<pid>\d+)-[0-9a-f]{8}-)?)?[0-9a-f-]{36}\.tmp$/;

export const isTemporary = (name: string): boolean => TEMPORARY.test(name);

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
  removeBelow(folder, (name) => name.startsWith(PREFIX), { recursive: true });
}

/** Removes what processes have left that no longer run. What another machine or container left is not judged. */
export function removeFilesOfDeadProcesses(folder: URL, options: { readonly recursive: boolean }): void {
  removeBelow(folder, isOfDeadProcess, options);
}

function isOfDeadProcess(name: string): boolean {
  const { here, pid } = TEMPORARY.exec(name)?.groups ?? {};
  return here === HERE && pid !== undefined && !name.startsWith(PREFIX) && !runs(Number(pid));
}

/** This process has the id of a process that ended before it: its own files have its prefix, and are not asked about. */
function runs(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function removeBelow(folder: URL, isLeft: (name: string) => boolean, options: { readonly recursive: boolean }): void {
  const directory = fileURLToPath(folder);
  for (const path of entriesBelow(directory, options)) {
    if (!isLeft(basename(path))) continue;
    try {
      rmSync(join(directory, path), { recursive: true });
    } catch {
      // It may be gone by now; one that cannot be removed is ignored by all who read.
    }
  }
}

function entriesBelow(directory: string, { recursive }: { readonly recursive: boolean }): readonly string[] {
  try {
    return readdirSync(directory, { recursive, encoding: 'utf8' });
  } catch {
    // Nothing was written yet.
    return [];
  }
}

/** Linux gives each container process ids of its own, and two of them may have one host name. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
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
