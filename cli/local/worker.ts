import { enableCompileCache, flushCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { ByteCount } from './byte-tally.ts';
import type { ErrorData } from './error-data.ts';
import type { LocalPlaces } from './local-deps.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/*
 * A worker thread of a run. It must start in a tenth of a second: it imports what its tasks need and nothing else, and
 * that from the compile cache.
 */

export interface WorkerTask<Name extends TaskName> {
  readonly name: Name;
  readonly input: TaskInput<Name>;
  readonly count: ByteCount;
}

export type WorkerReply<Name extends TaskName> = { readonly output: TaskOutput<Name> } | { readonly error: ErrorData };

enableCompileCache();
const ready = open();

export default async function run<Name extends TaskName>(task: WorkerTask<Name>): Promise<WorkerReply<Name>> {
  const { tasks, errorData } = await ready;
  try {
    return { output: await tasks.run(task.name, task.input, task.count) };
  } catch (error) {
    return { error: errorData(error) };
  }
}

async function open() {
  const places: LocalPlaces = workerData;
  const [{ tasksHere }, { openDeps }, { errorData }] = await Promise.all([
    import('./tasks.ts'),
    import('./local-deps.ts'),
    import('./error-data.ts'),
  ]);
  // A worker is stopped from outside, which leaves no time for it at the end.
  flushCompileCache();
  return { tasks: tasksHere(await openDeps(places)), errorData };
}
