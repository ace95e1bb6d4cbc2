import { TrainingLine } from '../../contract/training-states.ts';
import type { ObjectStore } from '../../objects/store.ts';
import { trainingKeys } from './keys.ts';
import { readText, replaceText } from './records.ts';

/**
 * Adds a line to `training.jsonl` where it says something new: an object cannot be appended to, so the file is written
 * whole, and stays small because most status checks find nothing new. A step that runs twice adds nothing twice. Of two
 * executions that follow one job at one moment the later write wins, and its next line makes good what it missed.
 */
export async function addProgressLine(store: ObjectStore, line: TrainingLine): Promise<void> {
  const { progress: key } = trainingKeys(line.run_id);
  const before = (await readText(store, key)) ?? '';
  const last = before.trimEnd().split('\n').at(-1);
  if (last && saysTheSame(TrainingLine.parse(JSON.parse(last)), line)) return;
  await replaceText(store, key, `${withinLimit(before)}${JSON.stringify(TrainingLine.parse(line))}\n`);
}

/** Bytes kept. A job of ten days with a new percentage at each check stays below. */
const MAX_BYTES = 1_048_576;

/** Past the limit the older half goes: the latest lines are the ones that people look for. */
function withinLimit(text: string): string {
  if (text.length < MAX_BYTES) return text;
  return text.slice(text.indexOf('\n', text.length - MAX_BYTES / 2) + 1);
}

const saysTheSame = (a: TrainingLine, b: TrainingLine) =>
  JSON.stringify({ ...a, timestamp: '' }) === JSON.stringify({ ...b, timestamp: '' });
