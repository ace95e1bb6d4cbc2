import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BLOCK_PAIRS,
  opensGroup,
  opensTurn,
  type PairEntry,
  readPairIndex,
  shapeIn,
  writePairIndex,
} from '../../lib/datasets/pair-index.ts';
import { CorruptObject } from '../../lib/errors.ts';
import { openSink } from '../../lib/objects/object-sink.ts';
import { type Digest, digestAt, digestText } from '../../lib/preferences/digest.ts';
import { memoryStore } from '../support/memory-store.ts';

const plan = {
  views: ['whole', 'last_message'],
  formats: [
    { name: 'trl', view: 'whole' },
    { name: 'nemo_customizer', view: 'last_message' },
  ],
} as const;

const digest = fc.string().map(digestText);
const count = fc.nat(2 ** 32 - 1);
const entry: fc.Arbitrary<PairEntry> = fc.record({
  root: digest,
  tools: digest,
  prompts: fc.tuple(digest, digest),
  chosen: digest,
  rejected: digest,
  offset: fc.maxSafeNat(),
  source: count,
  margin: fc.double({ noNaN: true }),
  reward: fc.double({ noNaN: true }),
  start: fc.maxSafeNat(),
  promptBytes: count,
  chosenBytes: count,
  rejectedBytes: count,
  toolsBytes: count,
  toolsGap: count,
  tailBytes: count,
  chosenLength: count,
  rejectedLength: count,
  shape: fc.nat(2 ** 14 - 1),
  opensGroup: fc.boolean(),
  opensTurn: fc.boolean(),
  unheld: fc.tuple(fc.nat(20), fc.nat(20)),
});

async function written(entries: readonly PairEntry[]): Promise<Buffer> {
  const store = memoryStore();
  const sink = openSink(store, 'pairs.bin');
  const index = writePairIndex(sink, plan);
  for (const one of entries) await index.add(one);
  await index.end();
  await sink.close();
  expect(index.pairs).toBe(entries.length);
  return store.objects.get('pairs.bin') ?? Buffer.alloc(0);
}

async function* inPieces(bytes: Buffer, piece: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

const digestIn = (words: Uint32Array, row: number): Digest =>
  digestAt(Buffer.from(words.buffer, words.byteOffset, words.byteLength), row * 16);

async function readBack(bytes: Buffer, pairs: number, piece: number): Promise<PairEntry[]> {
  const entries: PairEntry[] = [];
  for await (const block of readPairIndex(inPieces(bytes, piece), plan, { pairs, name: 'pairs.bin' })) {
    for (let row = 0; row < block.pairs; row++) {
      const flags = block.flags[row] ?? 0;
      entries.push({
        root: digestIn(block.words('root'), row),
        tools: digestIn(block.words('tools'), row),
        prompts: plan.views.map((view) => digestIn(block.prompts(view), row)),
        chosen: digestIn(block.words('chosen'), row),
        rejected: digestIn(block.words('rejected'), row),
        offset: block.doubles('offset')[row] ?? -1,
        source: block.integers('source')[row] ?? -1,
        margin: block.doubles('margin')[row] ?? -1,
        reward: block.doubles('reward')[row] ?? -1,
        start: block.doubles('start')[row] ?? -1,
        promptBytes: block.integers('promptBytes')[row] ?? -1,
        chosenBytes: block.integers('chosenBytes')[row] ?? -1,
        rejectedBytes: block.integers('rejectedBytes')[row] ?? -1,
        toolsBytes: block.integers('toolsBytes')[row] ?? -1,
        toolsGap: block.integers('toolsGap')[row] ?? -1,
        tailBytes: block.integers('tailBytes')[row] ?? -1,
        chosenLength: block.integers('chosenLength')[row] ?? -1,
        rejectedLength: block.integers('rejectedLength')[row] ?? -1,
        shape: shapeIn(flags),
        opensGroup: opensGroup(flags),
        opensTurn: opensTurn(flags),
        unheld: plan.formats.map(({ name }) => block.unheld(name)[row] ?? -1),
      });
    }
  }
  return entries;
}

test('an index gives back its entries, in whatever pieces it is read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 40 }), fc.integer({ min: 1, max: 5000 }), async (entries, piece) => {
      expect(await readBack(await written(entries), entries.length, piece)).toEqual(entries);
    }),
    { numRuns: 50 },
  );
});

test('an index of several blocks gives back its entries', async () => {
  const [first] = fc.sample(entry, { numRuns: 1, seed: 1 });
  if (!first) throw new Error('no entry');
  const entries = Array.from({ length: 2 * BLOCK_PAIRS + 7 }, (_, number) => ({ ...first, offset: number }));
  expect(await readBack(await written(entries), entries.length, 65_536)).toEqual(entries);
});

test.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
  ['too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ['empty', () => Buffer.alloc(0)],
])('an index that is %s is refused by name', async (_, damage) => {
  const bytes = damage(await written(fc.sample(entry, { numRuns: 5, seed: 2 })));
  await expect(readBack(bytes, 5, 100)).rejects.toThrow(CorruptObject);
  await expect(readBack(bytes, 5, 100)).rejects.toThrow('pairs.bin has');
});
