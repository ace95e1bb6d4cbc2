import { setTimeout as sleep } from 'node:timers/promises';
import { endTemporaryFiles, removeTemporaryFiles } from '../../adapters/files/temporary-files.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { isLocal } from '../locations.ts';
import type { LocalPlaces } from './local-deps.ts';
import type { TaskRunner } from './tasks.ts';
import type { Workers } from './workers.ts';

/** A run's worker threads, from the first to the end of the process or of the run. */
export interface LocalThreads {
  readonly start: (count: number) => Promise<TaskRunner>;
  /** The run is over. */
  stop(): Promise<void>;
  /** The process is about to end in the middle of the run: stops all that writes, and removes what is half written. */
  interrupt(): Promise<void>;
}

export function localThreads(places: LocalPlaces, runId: string): LocalThreads {
  const started: Workers[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((workers) => workers.stop()));
  };
  const removeHalves = (): void => {
    const { bucket, prefix } = places.out;
    if (isLocal(bucket)) removeTemporaryFiles(new URL(prefix + runKeys(runId).root, bucket));
  };
  return {
    start: async (count) => {
      const { startWorkers } = await import('./workers.ts');
      const workers = startWorkers(count, places);
      started.push(workers);
      return workers;
    },
    async stop() {
      await stop();
      // A worker that died has left what it was writing.
      if (started.length > 0) removeHalves();
    },
    async interrupt() {
      endTemporaryFiles();
      // One that is deep in native code does not stop at once; its file is left then.
      await Promise.race([stop(), sleep(STOP_MS)]);
      // What this thread had asked the system to open is open by then.
      await sleep(OPENED_MS);
      removeHalves();
    },
  };
}

/** Of the second in which Ctrl-C ends a run. */
const STOP_MS = 500;
const OPENED_MS = 50;
