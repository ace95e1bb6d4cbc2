import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { addCounts, noCounts } from '../lib/contract/counters.ts';
import { each } from '../lib/stages/each.ts';
import { addCosts, type Costs } from '../test/hostile/cost.ts';
import { LARGEST } from '../test/hostile/largest.ts';
import { builtLargest, FUNCTION_BYTES } from '../test/hostile/peak-memory.ts';
import { OBJECTS_A_ROUND, Round } from '../test/hostile/round.ts';

// Hostile trace objects through the readers, the shard's step and whole runs, mutated items through the scanner, and the
// largest objects through a process with a function's memory: `npm run fuzz -- --inputs 100000 --seed 7`. A round that
// failed is run again, alone, by its own seed and --inputs 2500.

/** Ten small objects take some 15 ms: a round that is silent for so long hangs. */
const SILENCE_MS = 60_000;

/** All that a round may hold: its largest input is some 100 KB. A round that holds more dies, and names no input. */
const THREAD_MB = 512;

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now()) } },
});
const rounds = Math.ceil(Number(values.inputs) / OBJECTS_A_ROUND);
const first = Number(values.seed) >>> 0;
console.log(`Seed ${first}: ${rounds} rounds of ${OBJECTS_A_ROUND} objects.`);

let finished = 0;
const done = await each([...Array(rounds).keys()], availableParallelism(), (round) => roundOf(first + round));
const total = {
  counters: noCounts(),
  costs: {} as Costs,
  runs: new Map<string, number>(),
  objects: 0,
  scanned: 0,
  json: 0,
};
for (const { counters, costs, runs, objects, scanned, json } of done) {
  addCounts(total.counters, counters);
  addCosts(total.costs, costs);
  for (const [outcome, times] of Object.entries(runs)) total.runs.set(outcome, (total.runs.get(outcome) ?? 0) + times);
  total.objects += objects;
  total.scanned += scanned;
  total.json += json;
}
console.log(`${total.objects} objects built, every counter reconciled:`, total.counters);
console.log('Whole runs:', Object.fromEntries(total.runs));
console.log('The most that an input cost, in ms of its thread, in µs for each of its bytes, and in MiB:', total.costs);
console.log(`${total.scanned} items (${total.json} of them JSON) scanned, no difference.`);

for (const name of Object.keys(LARGEST)) {
  const { counters, peak_bytes } = await builtLargest(name);
  const lost = JSON.stringify({ ...counters.rejected_items, ...counters.rejected_candidates });
  console.log(
    `${String(Math.ceil(peak_bytes / 2 ** 20)).padStart(5)} MiB  ${name}: ${counters.total_pairs} pairs, ${lost}`,
  );
  if (peak_bytes > FUNCTION_BYTES) throw new Error(`${name} took more memory than its function has.`);
}

/** Throws what the round throws, and where it falls silent. */
function roundOf(seed: number): Promise<Round> {
  const worker = new Worker(new URL('../test/hostile/round-worker.ts', import.meta.url), {
    workerData: { seed },
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MB },
  });
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => {
      reject(new Error(`The round of seed ${seed} hangs: no object was done in ${SILENCE_MS / 1_000} s.`));
      void worker.terminate();
    }, SILENCE_MS);
    worker.on('error', reject);
    worker.on('message', (message) => {
      silence.refresh();
      if (message === 'alive') return;
      clearTimeout(silence);
      finished++;
      console.log(`${finished} of ${rounds} rounds done after ${Math.round(performance.now() / 1_000)} s.`);
      resolve(Round.parse(message));
    });
  });
}
