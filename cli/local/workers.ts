import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { WorkerDied } from '../../lib/errors.ts';
import { errorFrom } from './error-data.ts';
import type { LocalPlaces } from './local-deps.ts';
import { TASKS_A_THREAD, type TaskName, type TaskRunner } from './tasks.ts';
import type { WorkerReply, WorkerTask } from './worker.ts';
import { HALF_OF_YOUNG_MB } from './young-space.ts';

export interface Workers extends TaskRunner {
  /** Stops them, whatever they are doing: what they were to do has no end. */
  stop(): Promise<void>;
}

/** So many worker threads, each with stores of its own. */
export function startWorkers(count: number, places: LocalPlaces, entry: URL = ENTRY): Workers {
  setFlagsFromString(`--min-semi-space-size=${HALF_OF_YOUNG_MB}`);
  const pool = new Piscina({
    filename: entry.href,
    workerData: places,
    ...{ minThreads: count, maxThreads: count, idleTimeout: Number.POSITIVE_INFINITY },
    concurrentTasksPerWorker: TASKS_A_THREAD,
    // A worker that waits by `Atomics.wait` would not notice that an idle connection to S3 was closed.
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  let stopped = false;
  // A worker that cannot even start has no task to fail by it, and those that wait would wait for ever.
  pool.on('error', () => void pool.destroy());

  async function attempt<Name extends TaskName>(task: WorkerTask<Name>): Promise<WorkerReply<Name>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await pool.run(task);
      } catch (cause) {
        // A caller that stops them waits for no answer.
        if (stopped) return new Promise(() => {});
        // The worker answers with its tasks' errors: what is thrown here is that it is gone.
        if (tries === MOST_TRIES) throw died(cause);
      }
    }
  }
  return {
    async run(name, input, count) {
      const reply = await attempt({ name, input, count });
      if ('error' in reply) throw errorFrom(reply.error);
      return reply.output;
    },
    async stop() {
      stopped = true;
      await pool.destroy();
    },
  };
}

/** Beside this file, as a source and in the package. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * Of the space for young objects, which V8 divides in three: see {@link boundYoungSpace}. A thread that begins with V8's own
 * 1 MB collects garbage some ten times as often.
 */
const YOUNG_MB = 3 * HALF_OF_YOUNG_MB;

/** A worker may die of what passes: memory that others held. */
const MOST_TRIES = 2;

const died = (cause: unknown): WorkerDied =>
  new WorkerDied(
    `A worker thread ended in the middle of its work, twice (${cause instanceof Error ? cause.message : cause}). Start the same command again: it continues from what it has written. If a thread ends again, reduce the load (--concurrency 1, or a smaller --shard-bytes).`,
    { cause },
  );
