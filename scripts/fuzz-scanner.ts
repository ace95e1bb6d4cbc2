import { parseArgs } from 'node:util';
import { createItemScanner } from '../lib/traces/scan/item-scanner.ts';
import {
  differenceFromParse,
  mutate,
  natItems,
  parseItem,
  splitAt,
  splitSimply,
} from '../test/traces/scan-reference.ts';

// The scanners' differential tests at length: `node scripts/fuzz-scanner.ts --runs 100000 --seed 1`.

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
let state = Number(values.seed) >>> 0;
/** A linear congruential generator's high bits: enough to choose edits. */
const random = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

const scanner = createItemScanner();
const items = natItems();
let valid = 0;
for (let run = 0; run < Number(values.runs); run += 1) {
  const item = mutate(items[random(items.length)] ?? Buffer.alloc(0), random);
  const difference = differenceFromParse(scanner, item);
  if (difference) fail(run, 'item', difference);
  if (parseItem(item) !== 'not_json') valid += 1;

  const array = mutate(Buffer.from(`[${item}, ${items[0]}]`), random);
  const cuts = Array.from({ length: random(5) }, () => random(array.length)).sort((a, b) => a - b);
  const {
    spans,
    state: { phase },
  } = splitAt(array, cuts);
  const simple = splitSimply(array);
  if (JSON.stringify({ phase, spans }) !== JSON.stringify(simple)) {
    fail(run, 'array', { array: array.toString('latin1'), cuts, scanned: { phase, spans }, expected: simple });
  }
}
console.log(`${values.runs} items (${valid} of them JSON) and as many arrays: no difference`);

function fail(run: number, what: string, difference: object): never {
  console.error(`run ${run}, ${what}:`, JSON.stringify(difference, null, 1));
  process.exit(1);
}
