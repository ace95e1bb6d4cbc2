import { asRows } from '../../fields/as-rows.ts';
import { isObject } from '../../json/exact-json.ts';
import type { RecordFormat } from '../../source-format.ts';
import { isEpisode, readEpisode } from './episode.ts';
import { areRollouts, readRollout } from './rollout.ts';

/** Prime Intellect's verifiers: `results.jsonl` of its first interface (a rollout a line), `traces.jsonl` of its second. */
export const verifiers: RecordFormat = asRows(
  {
    kind: 'records',
    name: 'verifiers',
    holds: 'conversations',
    defaultScore: 'reward',
    scattered: true,
    detect: ({ records }) => (records.length > 0 && (records.every(isEpisode) || areRollouts(records)) ? 'sure' : 'no'),
    read: (record) =>
      isObject(record) && Array.isArray(record.traces)
        ? { candidates: readEpisode(record.traces) }
        : readRollout(record),
  },
  ['traces', 'tool_defs', 'error', 'metrics'],
);
