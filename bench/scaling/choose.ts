import { createCipheriv } from 'node:crypto';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import type { RecordedStretch } from '../../lib/contract/stretch.ts';
import { DIGEST_BYTES, type Digest } from '../../lib/datasets/digest.ts';
import { planExport } from '../../lib/datasets/export-plan.ts';
import type { GroupRecord } from '../../lib/datasets/group-record.ts';
import { recordBytes } from '../../lib/datasets/record-bytes.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { chooseByRecords } from '../../lib/stages/choose-by-records.ts';

/**
 * Finalize choosing among so many pairs, whose records are made as they are read and held nowhere:
 * `node bench/scaling/choose.ts PAIRS TURNS PAIRS_A_TURN FORMAT...`. Tells the seconds without those of making them.
 */
const [pairs = 0, turns = 4, pairsOfTurn = 3] = process.argv.slice(2, 5).map(Number);
const request = parseRequest({
  run_id: 'run',
  source: { traces: { bucket: 'traces', prefix: '' } },
  dataset: { formats: process.argv.slice(5) },
});
const plan = planExport(request.dataset, request.builder);
/** What 256 MiB of a collection hold of the fixtures' pairs, nearly. */
const GROUPS_OF_STRETCH = Math.round(72_000 / (turns * pairsOfTurn));
const recorded: readonly RecordedStretch[] = Array.from(
  { length: Math.ceil(pairs / (GROUPS_OF_STRETCH * turns * pairsOfTurn)) },
  (_, ordinal) => ({
    run_id: 'run',
    ordinal,
    groups: GROUPS_OF_STRETCH,
    pairs: GROUPS_OF_STRETCH * turns * pairsOfTurn,
    sources: ['traces/2026/11/evaluation-part.jsonl'],
    crc32: 0,
  }),
);

/** Digests that never repeat, the same for the same stretch. */
function digestsOf(stretch: number): () => Digest {
  const nonce = Buffer.alloc(16);
  nonce.writeUInt32BE(stretch);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), nonce);
  const zeros = Buffer.alloc(2 ** 16);
  let bytes = cipher.update(zeros);
  let at = 0;
  return () => {
    if (at === bytes.length) [bytes, at] = [cipher.update(zeros), 0];
    at += DIGEST_BYTES;
    return bytes.subarray(at - DIGEST_BYTES, at);
  };
}

function group(number: number, next: () => Digest): GroupRecord {
  const root = next();
  const pairsOf = (turn: number): GroupRecord['pairs'] => {
    const prompt = next();
    return Array.from({ length: pairsOfTurn }, () => {
      const digests = plan.views.map(() => ({
        ...{ prompt, content: next(), flipped: false },
        completions: plan.unpaired ? { chosen: next(), rejected: next() } : undefined,
      }));
      const margin = Buffer.from(digests[0]?.content ?? []).readUInt32LE() / 2 ** 32;
      const lengths = { chosenLength: 500 + (number % 500), rejectedLength: 700 };
      return { offset: 60_000 * number, turn, reward: margin, margin, ...lengths, shape: 0, digests };
    });
  };
  const all = Array.from({ length: turns }, (_, turn) => pairsOf(turn)).flat();
  const meanReward = all.reduce((sum, { reward }) => sum + reward, 0) / all.length;
  return { exampleId: String(number), root, source: '', meanReward, pairs: all };
}

let making = 0;
function recordsOf(stretch: number): Buffer {
  const began = performance.now();
  const next = digestsOf(stretch);
  const bytes = Buffer.concat(
    Array.from({ length: GROUPS_OF_STRETCH }, (_, place) =>
      recordBytes(group(stretch * GROUPS_OF_STRETCH + place, next), 0, plan),
    ),
  );
  making += performance.now() - began;
  return bytes;
}

/** As they come from a socket. */
const CHUNK_BYTES = 2 ** 16;
async function* read(key: string): AsyncGenerator<Uint8Array> {
  const bytes = recordsOf(Number(key.split('/').at(-2)));
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

const collections: ObjectStore = {
  name: 'made',
  head: async () => undefined,
  read,
  create: async () => 'created',
  write: async () => ({ bytes: 0, crc32: 0 }),
  compose: async () => {},
  async *list() {},
  remove: async () => {},
};
const began = performance.now();
await chooseByRecords(request, plan, recorded, {
  ...{ bucket: () => collections, collections, collectionsBucket: 'collections' },
  ...{ now: () => new Date(), codeVersion: 'bench' },
});
const seconds = (performance.now() - began - making) / 1000;
console.log(JSON.stringify({ seconds, making: making / 1000 }));
