import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGEST_BYTES } from '../../lib/datasets/digest.ts';
import type { ExportPlan } from '../../lib/datasets/export-plan.ts';
import type { GroupRecord, PairRecord } from '../../lib/datasets/group-record.ts';
import { readRecords, recordBytes } from '../../lib/datasets/record-bytes.ts';
import { CorruptObject } from '../../lib/errors.ts';

const SOURCES = ['one.json', 'zwei/ü.jsonl', ''];

const plans: fc.Arbitrary<ExportPlan> = fc.record({
  formats: fc.constant([]),
  views: fc.constantFrom<ExportPlan['views']>(['whole'], ['last_message'], ['last_message', 'whole']),
  nat: fc.constant(false),
  unpaired: fc.boolean(),
  seed: fc.constant(0),
});

const digest = fc.uint8Array({ minLength: DIGEST_BYTES, maxLength: DIGEST_BYTES });
const double = fc.double({ noNaN: true });
const count = fc.nat(2 ** 32 - 1);

const pairOf = ({ views, unpaired }: ExportPlan): fc.Arbitrary<PairRecord> =>
  fc.record({
    offset: fc.maxSafeNat(),
    reward: double,
    margin: double,
    turn: count,
    chosenLength: count,
    rejectedLength: count,
    shape: fc.nat(255),
    digests: fc.tuple(
      ...views.map(() =>
        fc.record({
          prompt: digest,
          content: digest,
          flipped: fc.boolean(),
          completions: unpaired ? fc.record({ chosen: digest, rejected: digest }) : fc.constant(undefined),
        }),
      ),
    ),
  });

/** Of any script, none at all, and longer than any chunk. */
const exampleId = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constant(''),
  fc.string({ unit: 'binary', maxLength: 3 }).map((text) => `${text}🂡é`.repeat(300)),
);

const groupOf = (plan: ExportPlan): fc.Arbitrary<GroupRecord> =>
  fc.record({
    exampleId,
    root: digest,
    source: fc.constantFrom(...SOURCES),
    meanReward: double,
    pairs: fc.array(pairOf(plan), { maxLength: 4 }),
  });

const stretches = plans.chain((plan) => fc.record({ plan: fc.constant(plan), groups: fc.array(groupOf(plan)) }));

const bytesOf = (groups: readonly GroupRecord[], plan: ExportPlan): Buffer =>
  Buffer.concat(groups.map((group) => recordBytes(group, SOURCES.indexOf(group.source), plan)));

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const readOf = (bytes: Uint8Array, plan: ExportPlan, sizes: readonly number[], sources = SOURCES) =>
  Array.fromAsync(readRecords(inChunks(bytes, sizes), sources, plan));

/** Without what reading leaves besides, and digests as plain bytes. */
const plainly = (groups: readonly GroupRecord[]) =>
  groups.map(({ exampleId, root, source, meanReward, pairs }) => ({
    ...{ exampleId, root: [...root], source, meanReward },
    pairs: pairs.map(({ digests, ...facts }) => ({
      ...facts,
      digests: digests.map(({ prompt, content, flipped, completions }) => ({
        ...{ prompt: [...prompt], content: [...content], flipped },
        completions: completions && { chosen: [...completions.chosen], rejected: [...completions.rejected] },
      })),
    })),
  }));

const chunkSizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });

test('records are read as they were written, wherever the chunks of their bytes end', async () => {
  await fc.assert(
    fc.asyncProperty(stretches, chunkSizes, async ({ plan, groups }, sizes) => {
      expect(plainly(await readOf(bytesOf(groups, plan), plan, sizes))).toEqual(plainly(groups));
    }),
  );
});

test('records that end anywhere inside one are refused as damaged', async () => {
  const cut = stretches
    .filter(({ groups }) => groups.length > 0)
    .chain(({ plan, groups }) => {
      const whole = bytesOf(groups, plan);
      const last = bytesOf(groups.slice(-1), plan).length;
      const length = fc.integer({ min: whole.length - last + 1, max: whole.length - 1 });
      return length.map((length) => ({ plan, bytes: whole.subarray(0, length) }));
    });
  await fc.assert(
    fc.asyncProperty(cut, chunkSizes, async ({ plan, bytes }, sizes) => {
      await expect(readOf(bytes, plan, sizes)).rejects.toThrow(CorruptObject);
    }),
  );
});

test('a record of a trace object that is not listed is refused as damaged', async () => {
  const [plan] = fc.sample(plans, { numRuns: 1, seed: 1 });
  if (!plan) throw new Error('no plan');
  const groups = fc.sample(groupOf(plan), { numRuns: 1, seed: 1 }).map((one) => ({ ...one, source: 'zwei/ü.jsonl' }));
  const bytes = bytesOf(groups, plan);
  expect(await readOf(bytes, plan, [7])).toHaveLength(1);
  await expect(readOf(bytes, plan, [7], SOURCES.slice(0, 1))).rejects.toThrow(CorruptObject);
});
