import * as z from 'zod';
import { CHOOSE_MEMORY_MB, roomToChoose } from '../../functions/memory.ts';
import type { FormatName } from '../../lib/contract/dataset.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { planDatasets } from '../../lib/datasets/dataset-plan.ts';
import { bytesToChoose } from '../../lib/datasets/pair-table.ts';
import { measure, rounded } from '../measure.ts';

interface Case {
  readonly memory_mb: number;
  readonly formats: readonly FormatName[];
  readonly pairs_of_turn: 1 | 3;
}

const { least, most } = CHOOSE_MEMORY_MB;
const CASES: readonly Case[] = [
  { memory_mb: least, formats: ['nemo_customizer'], pairs_of_turn: 3 },
  { memory_mb: least, formats: ['nemo_customizer'], pairs_of_turn: 1 },
  { memory_mb: least, formats: ['nemo_customizer', 'trl', 'trl_kto'], pairs_of_turn: 3 },
  { memory_mb: most, formats: ['nemo_customizer'], pairs_of_turn: 3 },
  { memory_mb: most, formats: ['nemo_customizer', 'trl', 'trl_kto'], pairs_of_turn: 3 },
];

/** As many pairs as Choose takes in a function's memory: how long that is, and what memory it really has at its peak. */
export const measureChoose = () => ({ rows: CASES.map(measureCase) });

function measureCase(of: Case) {
  const pairs = mostPairs(of);
  const args = ['bench/choose.ts', String(pairs), String(of.pairs_of_turn), ...of.formats];
  const { stdout, cpuSeconds, peakMib } = measure(args, 1);
  const { seconds } = Printed.parse(JSON.parse(stdout));
  return {
    ...{ ...of, pairs },
    ...{ seconds: rounded(seconds), cpu_seconds: rounded(cpuSeconds), peak_mib: rounded(peakMib) },
  };
}

const Printed = z.object({ seconds: z.number() });

/** The largest number that Choose does not refuse, to a thousand pairs. */
function mostPairs({ memory_mb, formats, pairs_of_turn }: Case): number {
  const request = parseRequest({
    run_id: 'run',
    source: { traces: { bucket: 'traces', prefix: '' } },
    dataset: { formats },
  });
  const plan = planDatasets(request.dataset, request.builder);
  const fits = (pairs: number): boolean => {
    const turns = pairs / pairs_of_turn;
    const among = { pairs, turns, candidates: turns * (pairs_of_turn === 3 ? 3 : 2), examples: turns / TURNS };
    return bytesToChoose(plan, among) <= roomToChoose(memory_mb);
  };
  let [low, high] = [0, 1e9];
  while (high - low > 1000) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return Math.floor(low);
}

/** Turns of an example, as in `bench/choose.ts`. */
const TURNS = 4;
