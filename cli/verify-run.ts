import { createHash } from 'node:crypto';
import type { CommittedFile, Manifest } from '../lib/contract/manifest.ts';
import { workflowKeys } from '../lib/contract/workflow.ts';
import { ObjectNotFound, StoreRefused } from '../lib/errors.ts';
import { crc32, crc32Base64 } from '../lib/objects/checksum.ts';
import { runKeys } from '../lib/objects/keys.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { each } from '../lib/stages/each.ts';
import { trainingKeys } from '../lib/stages/training/keys.ts';
import { findRun, readManifest } from './read-run.ts';

export interface Verified {
  readonly run_id: string;
  /** Files of the manifest, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly key: string;
  readonly difference: 'missing' | 'refused' | 'bytes' | 'checksum' | 'not_in_manifest';
  /** What the manifest says, and what was found. */
  readonly expected: string | null;
  readonly found: string | null;
}

/**
 * Reads every file of a committed run and compares it with the manifest; looks for files that it does not list. Throws
 * {@link InvalidRequest} where the run is not committed.
 */
export async function verifyRun(run: string, out: string | undefined): Promise<Verified> {
  const { store, runId } = await findRun(run, out);
  const keys = runKeys(runId);
  const manifest = await readManifest(store, runId);
  const files = filesOf(manifest);
  const compared = await each(files, AT_ONCE, (file) => compareFile(store, file));
  const request = await compareRequest(store, keys.request, manifest.request_sha256);
  const unlisted = await findUnlisted(store, runId, new Set(files.map(({ key }) => key)));
  return {
    run_id: runId,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    differences: [...compared.flat(), ...request, ...unlisted],
  };
}

export function describeDifference({ key, difference, expected, found }: Difference): string {
  switch (difference) {
    case 'missing':
      return `${key} is missing.`;
    case 'refused':
      return `${key} cannot be read: ${found}`;
    case 'bytes':
      return `${key} has ${found} bytes; the manifest says ${expected}.`;
    case 'checksum':
      return `${key} has other bytes: its checksum is ${found}; the manifest says ${expected}.`;
    case 'not_in_manifest':
      return `${key} is not in the manifest: the run did not commit it.`;
  }
}

/** Files read at a time: one alone would wait for S3's answers. */
const AT_ONCE = 4;

const filesOf = ({ collection, rejected, metrics, report, datasets }: Manifest): readonly CommittedFile[] => [
  ...[collection, rejected, metrics, report],
  ...Object.values(datasets).flatMap((files) => Object.values(files)),
];

/** What the file is now, where it is not what the run committed. */
export async function compareFile(store: ObjectStore, { key, bytes, checksum }: CommittedFile): Promise<Difference[]> {
  let [length, crc] = [0, 0];
  const there = await readEach(store, key, (chunk) => {
    length += chunk.length;
    crc = crc32(chunk, crc);
  });
  if (there !== true) return [{ key, expected: `${bytes}`, ...there }];
  if (length !== bytes) return [{ key, difference: 'bytes', expected: `${bytes}`, found: `${length}` }];
  const found = crc32Base64(crc);
  return found === checksum.value ? [] : [{ key, difference: 'checksum', expected: checksum.value, found }];
}

async function compareRequest(store: ObjectStore, key: string, expected: string): Promise<Difference[]> {
  const hash = createHash('sha256');
  const there = await readEach(store, key, (chunk) => hash.update(chunk));
  if (there !== true) return [{ key, expected, ...there }];
  const found = hash.digest('hex');
  return found === expected ? [] : [{ key, difference: 'checksum', expected, found }];
}

/** True where the object is read to its end; else why not. A link in its place leaves the other files to be compared. */
async function readEach(
  store: ObjectStore,
  key: string,
  take: (chunk: Uint8Array) => void,
): Promise<true | Pick<Difference, 'difference' | 'found'>> {
  try {
    for await (const chunk of store.read(key)) take(chunk);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFound) return { difference: 'missing', found: null };
    if (error instanceof StoreRefused) return { difference: 'refused', found: error.message };
    throw error;
  }
}

/** What a reader could take for a part of the run: beside its files, and among its datasets. */
async function findUnlisted(store: ObjectStore, runId: string, listed: ReadonlySet<string>): Promise<Difference[]> {
  const { root } = runKeys(runId);
  const own = ownFiles(runId);
  const unlisted: Difference[] = [];
  for await (const { key } of store.list(root)) {
    const isOwn = own.has(key) || OWN_FOLDERS.some((folder) => key.startsWith(`${root}${folder}/`));
    if (listed.has(key) || isOwn) continue;
    unlisted.push({ key, difference: 'not_in_manifest', expected: null, found: null });
  }
  return unlisted;
}

/** What the run works with, which no manifest lists. */
const OWN_FOLDERS: readonly string[] = ['shards', 'choice', 'traces', 'training', 'failures'];

function ownFiles(runId: string): ReadonlySet<string> {
  const { request, plan, source, grouping, groupingTasks, estimate, tokenizer, manifest, failure } = runKeys(runId);
  const { datasetPin, dataset, batches } = workflowKeys(runId);
  const { progress, finalMetrics } = trainingKeys(runId);
  return new Set([
    ...[request, plan, source, grouping, groupingTasks, estimate, tokenizer, manifest, failure],
    ...[datasetPin, dataset, batches, progress, finalMetrics],
  ]);
}
