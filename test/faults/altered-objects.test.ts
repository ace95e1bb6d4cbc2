import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import { CorruptObject } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { choose } from '../../lib/stages/choose.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { type BuiltRun, builtRun, chosenRun, copyOf, depsOver, writtenRun } from './built-run.ts';
import { full, type RunShape } from './traces.ts';

// The collections bucket is the pipeline's alone. Whoever changes something there all the same gets an error that names
// it, and no dataset of one run's choice and another run's texts.

const KEYS = runKeys('run');
/** What no error may quote. */
const WORDS = /another answer|the best|prompt \d/;
const shape = full('strict');

let built: BuiltRun;
let chosen: BuiltRun;
/** The same run over other answers, which are as long. */
let other: BuiltRun;
/** The same run for one format alone: its entries are shorter. */
let narrow: BuiltRun;
beforeAll(async () => {
  built = await builtRun(shape);
  chosen = await chosenRun(shape);
  other = await chosenRun({ ...shape, answer: 'ANSWER' });
  narrow = await chosenRun({ ...shape, formats: ['trl'] } satisfies RunShape);
});

/** Shards with pairs, by their numbers. */
const withPairs = (): readonly number[] =>
  built.shards.map(({ ordinal }) => ordinal).filter((ordinal) => bytesOf(built, KEYS.shard(ordinal).index).length > 0);

const bytesOf = ({ collections }: BuiltRun, key: string): Buffer => collections.objects.get(key) ?? Buffer.alloc(0);

const decisionsOf = (run: BuiltRun, ordinal: number): Buffer => bytesOf(run, KEYS.choice.decisions(ordinal));

type Step = (deps: BuiltRun['deps'], ordinal: number) => Promise<unknown>;
const choosing: Step = (deps) => choose({ run_id: 'run' }, deps);
const writing: Step = (deps, ordinal) => writeDatasets({ run_id: 'run', ordinal }, deps);

/** An object that is given to the step of this shard in place of the run's own. */
interface Replaced {
  readonly ordinal: number;
  readonly key: string;
  readonly bytes: Buffer;
}

/** Runs the step over the run with the object replaced: it has to fail by name, and to leave nothing that a later one takes. */
async function requireRefused(run: BuiltRun, step: Step, { ordinal, key, bytes }: Replaced): Promise<void> {
  const collections = copyOf(run.collections);
  collections.objects.set(key, bytes);
  const before = [...collections.objects.keys()];
  const failure: unknown = await step(depsOver(collections), ordinal).then(
    () => new Error('it went on'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(CorruptObject);
  expect(String(failure)).toMatch(/start the run under another run id/);
  expect(String(failure)).not.toMatch(WORDS);
  const made = [...collections.objects.keys()].filter((one) => !before.includes(one) && one !== KEYS.rejected);
  expect(made).toEqual([]);
  await expect(finalize({ run_id: 'run' }, depsOver(collections))).rejects.toThrow();
  expect(collections.objects.has(KEYS.manifest)).toBe(false);
}

type Change =
  | { readonly kind: 'flip' | 'add' | 'swap'; readonly at: number; readonly by: number }
  | { readonly kind: 'cut'; readonly at: number };

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    // Of bytes of the same number the length does not tell.
    kind: fc.constantFrom('flip' as const, 'flip' as const, 'flip' as const, 'swap' as const, 'add' as const),
    at: fc.nat(),
    by: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
);

/** The bytes, changed at a place that the change names. */
function changed(bytes: Buffer, change: Change): Buffer {
  const at = change.at % bytes.length;
  switch (change.kind) {
    case 'flip':
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([(bytes[at] ?? 0) ^ change.by]),
        bytes.subarray(at + 1),
      ]);
    case 'cut':
      return bytes.subarray(0, at);
    case 'add':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([change.by]), bytes.subarray(at)]);
    case 'swap': {
      const middle = Math.min(bytes.length, at + change.by);
      return Buffer.concat([bytes.subarray(at, middle), bytes.subarray(0, at), bytes.subarray(middle)]);
    }
  }
}

describe.each([
  ['Choose', choosing, () => built],
  ['WriteDatasets', writing, () => chosen],
] as const)('a pair index that %s is given,', (_, step, run) => {
  test.each([
    ['cut short by a byte', (ordinal: number) => bytesOf(built, KEYS.shard(ordinal).index).subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['twice as long', (ordinal: number) => Buffer.concat(Array(2).fill(bytesOf(built, KEYS.shard(ordinal).index)))],
    ['of a run with other answers', (ordinal: number) => bytesOf(other, KEYS.shard(ordinal).index)],
    ['of a run with other formats', (ordinal: number) => bytesOf(narrow, KEYS.shard(ordinal).index)],
    [
      'of another shard',
      (ordinal: number) => bytesOf(built, KEYS.shard(withPairs().find((one) => one !== ordinal) ?? 0).index),
    ],
  ])('%s, is refused by name', async (_, bytes) => {
    for (const ordinal of withPairs()) {
      await requireRefused(run(), step, { ordinal, key: KEYS.shard(ordinal).index, bytes: bytes(ordinal) });
    }
  });

  test('changed anywhere, is refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), changes, async (which, change) => {
        const ordinal = withPairs()[which % withPairs().length] ?? 0;
        const { index } = KEYS.shard(ordinal);
        const bytes = changed(bytesOf(built, index), change);
        fc.pre(!bytes.equals(bytesOf(built, index)));
        await requireRefused(run(), step, { ordinal, key: index, bytes });
      }),
      { numRuns: 150 },
    );
  });
});

describe("a shard's part of the collection that is not what was built,", () => {
  test.each([
    ['empty', () => Buffer.alloc(0)],
    ['of a run with other answers', (ordinal: number) => bytesOf(other, KEYS.shard(ordinal).collection)],
    [
      'of another shard',
      (ordinal: number) => bytesOf(built, KEYS.shard(withPairs().find((one) => one !== ordinal) ?? 0).collection),
    ],
  ])('%s, is refused by name', async (_, bytes) => {
    for (const ordinal of withPairs()) {
      await requireRefused(chosen, writing, { ordinal, key: KEYS.shard(ordinal).collection, bytes: bytes(ordinal) });
    }
  });

  test.each(FormatName.options)('changed anywhere, is refused by name where %s is written', async (format) => {
    const run = await chosenRun({ ...shape, formats: [format] });
    await fc.assert(
      fc.asyncProperty(fc.nat(), changes, async (which, change) => {
        const ordinal = withPairs()[which % withPairs().length] ?? 0;
        const { collection } = KEYS.shard(ordinal);
        const bytes = changed(bytesOf(run, collection), change);
        fc.pre(!bytes.equals(bytesOf(run, collection)));
        await requireRefused(run, writing, { ordinal, key: collection, bytes });
      }),
      { numRuns: 40 },
    );
  });
});

describe('decisions', () => {
  test.each([
    ['cut short by a byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['longer by a byte', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['of one view only', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('that are %s are refused by name', async (_, change) => {
    for (const ordinal of withPairs()) {
      const key = KEYS.choice.decisions(ordinal);
      await requireRefused(chosen, writing, { ordinal, key, bytes: change(bytesOf(chosen, key)) });
    }
  });

  test.each([
    ['nothing for any pair', async () => (ordinal: number) => Buffer.alloc(decisionsOf(chosen, ordinal).length)],
    [
      'what a run with another seed decided',
      async () => {
        const otherSeed = await chosenRun({ ...shape, dataset: { seed: 1 } });
        return (ordinal: number) => decisionsOf(otherSeed, ordinal);
      },
    ],
  ])('that are as long and say %s are never committed', async (_, other) => {
    const collections = copyOf(chosen.collections);
    const bytesFor = await other();
    for (const { ordinal } of chosen.shards) collections.objects.set(KEYS.choice.decisions(ordinal), bytesFor(ordinal));
    const deps = depsOver(collections);
    const going = async () => {
      for (const { ordinal } of chosen.shards) await writing(deps, ordinal);
      await finalize({ run_id: 'run' }, deps);
    };
    await expect(going()).rejects.toThrow(CorruptObject);
    expect(collections.objects.has(KEYS.manifest)).toBe(false);
  });
});

test.each([
  ['a part of the collection', (ordinal: number) => KEYS.shard(ordinal).collection],
  ['a part of the losses', (ordinal: number) => KEYS.shard(ordinal).rejected],
  ['a part of a dataset', (ordinal: number) => KEYS.shard(ordinal).dataset('trl', 'train.jsonl')],
  ['a part of another dataset', (ordinal: number) => KEYS.shard(ordinal).dataset('openai', 'validation.jsonl')],
])('%s that changes before Finalize composes it is refused by name, and nothing is committed', async (_, keyOf) => {
  const written = await writtenRun(shape);
  const present = written.shards.map(({ ordinal }) => keyOf(ordinal)).filter((key) => bytesOf(written, key).length > 0);
  expect(present.length).toBeGreaterThan(0);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...present), changes, async (key, change) => {
      const bytes = changed(bytesOf(written, key), change);
      fc.pre(!bytes.equals(bytesOf(written, key)));
      const collections = copyOf(written.collections);
      collections.objects.set(key, bytes);
      await expect(finalize({ run_id: 'run' }, depsOver(collections))).rejects.toThrow(CorruptObject);
      expect(collections.objects.has(KEYS.manifest)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['the facts of the choice', KEYS.choice.facts],
  ["a shard's summary", KEYS.shard(0).summary],
  ['the request', KEYS.request],
])('%s in another form are refused by name', async (_, key) => {
  for (const text of ['', '{}', '[]', `{"the best answer to 1":1}`, bytesOf(chosen, key).toString().slice(0, -10)]) {
    await requireRefused(chosen, writing, { ordinal: 0, key, bytes: Buffer.from(text) });
  }
});
