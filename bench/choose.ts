import { randomFillSync } from 'node:crypto';
import { parseRequest } from '../lib/contract/parse-request.ts';
import { choosePairs } from '../lib/datasets/choose-pairs.ts';
import { planDatasets } from '../lib/datasets/dataset-plan.ts';
import { opensGroup, opensTurn, type PairBlock } from '../lib/datasets/pair-index.ts';
import { openPairTable } from '../lib/datasets/pair-table.ts';
import { DIGEST_WORDS } from '../lib/datasets/word-table.ts';

/**
 * Chooses among so many pairs, which are made as they are added and stored nowhere:
 * `node bench/choose.ts PAIRS PAIRS_OF_TURN FORMAT...`, four turns a group, of one pair or of three. Prints the seconds of
 * adding and choosing.
 */
const [pairs = 0, pairsOfTurn = 3] = process.argv.slice(2, 4).map(Number);
const request = parseRequest({
  run_id: 'run',
  source: { traces: { bucket: 'traces', prefix: '' } },
  dataset: { formats: process.argv.slice(4) },
});
const TURNS = 4;
/** Whole groups, of either size. */
const BLOCK_PAIRS = 4092;
/** A turn's candidates by place: the first is better than both others, the second than the third. */
const CHOSEN = [0, 0, 1];
const REJECTED = [1, 2, 2];
/** As an index packs them. */
const [OPENS_GROUP, OPENS_TURN] = [1, 2];
if (!opensGroup(OPENS_GROUP) || !opensTurn(OPENS_TURN)) throw new Error('A pair index packs its flags in another way.');

const byRow = Array.from({ length: BLOCK_PAIRS }, (_, row) => row);
const turnOf = (row: number): number => Math.floor(row / pairsOfTurn);
const groupOf = (row: number): number => Math.floor(turnOf(row) / TURNS);
const opens = (of: (row: number) => number, row: number): boolean => row === 0 || of(row) !== of(row - 1);
const flags = Uint16Array.from(
  byRow,
  (row) => (opens(groupOf, row) ? OPENS_GROUP : 0) | (opens(turnOf, row) ? OPENS_TURN : 0),
);
const numbers = Float64Array.from(byRow, Math.random);
const lengths = Uint32Array.from(byRow, () => 500 + 500 * Math.random());
const zeros = new Uint32Array(BLOCK_PAIRS);
const NO_TOOLS = new Uint32Array(BLOCK_PAIRS * DIGEST_WORDS);

/** Of each row the digest that has its number: rows with the same number share it, and nothing else has it. */
function shareDigests(...numberOf: readonly ((row: number) => number)[]): Uint32Array[] {
  const fresh = randomFillSync(new Uint32Array(3 * BLOCK_PAIRS * DIGEST_WORDS));
  return numberOf.map((of) => {
    const words = new Uint32Array(BLOCK_PAIRS * DIGEST_WORDS);
    for (const row of byRow) {
      const from = of(row) * DIGEST_WORDS;
      words.set(fresh.subarray(from, from + DIGEST_WORDS), row * DIGEST_WORDS);
    }
    return words;
  });
}

function newBlock(rows: number): PairBlock {
  const [root = zeros] = shareDigests(groupOf);
  const [prompt = zeros] = shareDigests(turnOf);
  const [chosen = zeros, rejected = zeros] = shareDigests(
    (row) => 3 * turnOf(row) + (CHOSEN[row % pairsOfTurn] ?? 0),
    (row) => 3 * turnOf(row) + (REJECTED[row % pairsOfTurn] ?? 0),
  );
  const words = { root, tools: NO_TOOLS, chosen, rejected };
  return {
    pairs: rows,
    words: (name) => words[name],
    prompts: () => prompt,
    doubles: () => numbers,
    integers: (name) => (name === 'source' ? zeros : lengths),
    flags,
    unheld: () => new Uint8Array(BLOCK_PAIRS),
  };
}

const plan = planDatasets(request.dataset, request.builder);
const began = performance.now();
let making = 0;
const open = openPairTable(plan, pairs);
for (let left = pairs; left > 0; left -= BLOCK_PAIRS) {
  const before = performance.now();
  const block = newBlock(Math.min(left, BLOCK_PAIRS));
  making += performance.now() - before;
  open.add(block, ['traces/2026/11/evaluation-part.jsonl']);
}
const { formats } = choosePairs(open.close(), plan, request.dataset);
const seconds = (performance.now() - began - making) / 1000;
console.log(JSON.stringify({ seconds, lines: Object.values(formats).map(({ lines }) => lines) }));
