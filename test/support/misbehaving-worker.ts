import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';
import type { LocalPlaces } from '../../cli/local/local-deps.ts';
import realWorker, { type WorkerTask } from '../../cli/local/worker.ts';

/*
 * A worker of a run beside which a file says what it does in the place of a shard's task: `exits-0`, `breaks-0`, `hangs-0`.
 * One that `exits-once-0` does the task when it is tried again.
 */
const places: LocalPlaces = workerData;

export default async function run(task: WorkerTask<'BuildShard'>) {
  const beside = (name: string) => fileURLToPath(new URL(`${name}-${task.input.shard.ordinal}`, places.out.bucket));
  if (existsSync(beside('exits'))) process.exit(9);
  if (existsSync(beside('exits-once')) && !existsSync(beside('exited'))) {
    writeFileSync(beside('exited'), '');
    process.exit(9);
  }
  if (existsSync(beside('breaks'))) return new Promise(() => setImmediate(breakDown));
  if (existsSync(beside('hangs'))) for (;;);
  return realWorker(task);
}

function breakDown(): never {
  throw new Error('an error that nobody catches');
}
