import { isObject } from '../../json/exact-json.ts';
import type { RecordFormat } from '../../source-format.ts';
import { isEpisode, readEpisode } from './episode.ts';
import { isRollout, readRollout } from './rollout.ts';

/** Prime Intellect's verifiers: `results.jsonl` of its first interface (a rollout a line), `traces.jsonl` of its second. */
export const verifiers: RecordFormat = {
  kind: 'records',
  name: 'verifiers',
  generic: false,
  holds: 'conversations',
  defaultScore: 'reward',
  scattered: true,
  detect: ({ records }) =>
    records.length > 0 && (records.every(isEpisode) || records.every(isRollout)) ? 'sure' : 'no',
  read: (record) =>
    isObject(record) && Array.isArray(record.traces) ? { candidates: readEpisode(record.traces) } : readRollout(record),
};
