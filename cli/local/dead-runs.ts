import { existsSync, readdirSync } from 'node:fs';
import { removeFilesOfDeadProcesses } from '../../adapters/files/temporary-files.ts';
import { RunId } from '../../lib/contract/run-id.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { isLocal, type OutLocation } from '../locations.ts';

/**
 * Removes what killed processes left half written: of the run that begins, and of all others beside it that are not
 * committed.
 */
export function removeFilesOfDeadRuns({ bucket, prefix }: OutLocation, runId: string): void {
  if (!isLocal(bucket)) return;
  const at = (key: string): URL => new URL(prefix + key, bucket);
  for (const run of runsIn(at(runKeys(runId).root))) {
    const { root, manifest } = runKeys(run);
    if (run === runId || !existsSync(at(manifest))) removeFilesOfDeadProcesses(at(root), { recursive: true });
  }
}

/** The folders beside one run's. */
function runsIn(run: URL): readonly string[] {
  try {
    const entries = readdirSync(new URL('../', run), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && RunId.safeParse(entry.name).success)
      .map(({ name }) => name);
  } catch {
    // It is the first run.
    return [];
  }
}
