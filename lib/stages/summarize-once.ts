import { Summary } from '../contract/summary.ts';
import { runKeys } from '../objects/keys.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';

/** A task that leaves a summary: a shard to build, or a slice whose candidates are grouped. */
interface Task {
  readonly runId: string;
  readonly ordinal: number;
}

type Work = () => Promise<Omit<Summary, 'run_id' | 'ordinal' | 'started_at' | 'seconds'>>;

/** Does the task unless its summary exists, and writes the summary last, once. `made`: by this call. */
export async function summarizeOnce(
  { runId, ordinal }: Task,
  { collections, now }: Deps,
  work: Work,
): Promise<{ readonly summary: Summary; readonly made: boolean }> {
  const { summary: key } = runKeys(runId).shard(ordinal);
  if (await collections.head(key)) return { summary: await readJson(collections, key, Summary), made: false };
  const started = now();
  const summary: Summary = {
    run_id: runId,
    ordinal,
    ...(await work()),
    started_at: started.toISOString(),
    seconds: (now().getTime() - started.getTime()) / 1000,
  };
  // Another execution of this task may have been first: its summary says the same but for the time.
  await collections.create(key, jsonText(summary));
  return { summary, made: true };
}
