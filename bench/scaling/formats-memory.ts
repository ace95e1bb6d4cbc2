import { noCounts } from '../../lib/contract/counters.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { exportDatasets } from '../../lib/datasets/export.ts';
import { crc32 } from '../../lib/objects/checksum.ts';

/** Trainers' files of so many pairs that are held nowhere else: `node bench/scaling/formats-memory.ts COUNT`. */
const count = Number(process.argv[2]);
const TURNS = 4;
/** All pairs of three candidates. */
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

async function* groups(): AsyncGenerator<Group> {
  for (let number = 0; number * TURNS * PAIRS.length < count; number++) yield group(number);
}

const group = (number: number): Group => ({
  run_id: 'run',
  example_id: String(number),
  trajectories: Array.from({ length: TURNS }, (_, turn) =>
    PAIRS.map(([chosen, rejected]) => ({
      episode: [
        {
          prompt: `prompt ${number} ${turn}`,
          chosen_response: `answer ${chosen} of ${number} ${turn}`,
          rejected_response: `answer ${rejected} of ${number} ${turn}`,
        },
      ] satisfies Group['trajectories'][number]['episode'],
      reward: 1 / (1 + chosen + rejected),
      shaped_rewards: null,
      metadata: {
        dpo_type: 'preference_pair' as const,
        score_diff: 1 / (1 + chosen + rejected),
        example_id: String(number),
        turn_id: `turn-${turn}`,
        ...{ chosen_score: 1, rejected_score: 0, chosen_index: chosen, rejected_index: rejected },
        lineage: { key: 'traces.jsonl', offset: 60_000 * number, chosen_uuid: null, rejected_uuid: null },
      },
    })),
  ).flat(),
});

const request = parseRequest({
  run_id: 'run',
  source: { traces: { bucket: 'traces', prefix: '' } },
  dataset: { formats: ['trl'] },
});
await exportDatasets({
  runId: 'run',
  settings: request.dataset,
  builder: request.builder,
  totals: noCounts(),
  groups,
  open: () => ({
    line: () => undefined,
    close: async () => ({ bytes: 0, crc32: crc32(new Uint8Array()) }),
    abort: async () => {},
  }),
});
