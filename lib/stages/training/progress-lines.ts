import { type TrainingJob, TrainingLine } from '../../contract/training-states.ts';
import { inOneChunk, readAll } from '../../objects/store.ts';
import type { Deps } from '../deps.ts';
import { ifFound } from '../if-found.ts';
import { trainingKeys } from './keys.ts';

/**
 * Adds a line to `training.jsonl` where it says something new: an object cannot be appended to, so the file is written
 * whole, and stays small because most status checks find nothing new. A step that runs twice adds nothing twice. Of two
 * executions that follow one job at one moment the later write wins, and its next line makes good what it missed.
 */
export async function addProgressLine(
  { run_id, backend, job_id }: TrainingJob,
  { phase, status, reported = null, progress = null, epochs_completed = null, message }: SeenProgress,
  { collections, now }: Pick<Deps, 'collections' | 'now'>,
): Promise<void> {
  const line: TrainingLine = {
    ...{ timestamp: now().toISOString(), run_id, backend, job_id, phase, status },
    ...{ reported_status: reported, progress, epochs_completed, message },
  };
  const { progress: key } = trainingKeys(run_id);
  const before = Buffer.from((await ifFound(readAll(collections, key))) ?? []).toString();
  const last = before.trimEnd().split('\n').at(-1);
  if (last && saysTheSame(TrainingLine.parse(JSON.parse(last)), line)) return;
  await collections.write(key, inOneChunk(Buffer.from(`${withinLimit(before)}${JSON.stringify(line)}\n`)));
}

/** What is seen of the job, or of the model's deployment; null and left out: not known. */
type SeenProgress = Pick<TrainingLine, 'phase' | 'status' | 'message'> &
  Partial<Pick<TrainingLine, 'progress' | 'epochs_completed'>> & { readonly reported?: string | null };

/** Bytes kept. A job of ten days with a new percentage at each check stays below. */
const MAX_BYTES = 1_048_576;

/** Past the limit the older half goes: the latest lines are the ones that people look for. */
function withinLimit(text: string): string {
  if (text.length < MAX_BYTES) return text;
  return text.slice(text.indexOf('\n', text.length - MAX_BYTES / 2) + 1);
}

const saysTheSame = (a: TrainingLine, b: TrainingLine) =>
  JSON.stringify({ ...a, timestamp: '' }) === JSON.stringify({ ...b, timestamp: '' });
