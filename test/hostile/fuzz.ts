import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../../lib/contract/counters.ts';
import { ArrayNotIndented } from '../../lib/errors.ts';
import { type BuiltShards, builtShards } from './built-shards.ts';
import { type Costs, withinCost } from './cost.ts';
import { requireReconciled, requireSound } from './invariants.ts';
import { type HostileObject, hostileObject } from './objects.ts';
import { readByBoth } from './readers.ts';

/** Objects in a shard: as many as one shard of small objects may well have. */
export const OBJECTS_A_SHARD = 10;

const builder = fc
  .record({
    compatibility: fc.constantFrom('strict' as const, 'nat' as const),
    exhaustive_pairs: fc.constantFrom(true, true, false),
    min_score_diff: fc.constantFrom(0, 0, 0.3),
    max_pairs_per_turn: fc.constantFrom(null, null, 2),
    reward_from_score_diff: fc.boolean(),
    require_multiple_candidates: fc.boolean(),
  })
  .map((settings) => BuilderSettings.parse(settings));

const shard = fc.record({
  objects: fc.array(hostileObject, { minLength: OBJECTS_A_SHARD, maxLength: OBJECTS_A_SHARD }),
  builder,
  chunkBytes: fc.constantFrom(60, 300, 2_000, 65_536),
  // One in four: this costs more than all the rest.
  again: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        chunkBytes: fc.constantFrom(17, 999, 65_536),
        shardBytes: fc.integer({ min: 500, max: 5_000 }),
      }),
    },
  ),
});

/** What a round of fuzzing has met so far. */
export interface Met {
  objects: number;
  readonly counters: Counters;
  readonly costs: Costs;
}

export const nothingMet = (): Met => ({ objects: 0, counters: noCounts(), costs: {} });

/**
 * Shards of hostile objects through the whole of the shard's step. None may throw; the counters have to reconcile, every
 * line to fit its schema, the fast reader to agree with the reference, and any other cut and chunks to give the same.
 */
export const hostileShards = (met: Met) =>
  fc.asyncProperty(shard, async ({ objects, builder, chunkBytes, again }) => {
    const named = new Map(objects.map(({ bytes }, number) => [`${number}.json`, bytes]));
    const bytes = objects.reduce((sum, object) => sum + object.bytes.length, 0);
    const whole = await withinCost(met.costs, { what: 'a shard', bytes }, () =>
      builtShards(named, { builder, chunkBytes }),
    );
    requireReconciled(whole);
    requireSound(whole, new Set(named.keys()));
    requireFewSteps(whole, objects, builder);
    let spans = 0;
    for (const { bytes } of objects) {
      const { fast, reference } = await readByBoth(bytes, builder, chunkBytes);
      deepStrictEqual(fast, reference);
      spans += fast.length;
    }
    strictEqual(whole.counters.total_items, spans);
    met.objects += objects.length;
    addCounts(met.counters, whole.counters);
    if (!again) return;
    const cut = await builtShards(named, { builder, ...again }).catch(unlessNotIndented);
    if (!cut) return;
    deepStrictEqual({ ...cut, read: 0 }, { ...whole, read: 0 });
  });

/** Some damaged arrays have a line inside an element that looks as if it began one. */
function unlessNotIndented(error: unknown): undefined {
  if (!(error instanceof ArrayNotIndented)) throw error;
}

/**
 * Throws where a byte is read twice (in `nat` three times: first the ids, then what repeats), or more was found in the
 * objects than they have bytes.
 */
function requireFewSteps(
  { read, counters }: BuiltShards,
  objects: readonly HostileObject[],
  { compatibility }: BuilderSettings,
): void {
  const bytes = objects.reduce((sum, object) => sum + object.bytes.length, 0);
  const times = compatibility === 'nat' ? 3 : 1;
  ok(read <= times * bytes, `${read} bytes were read of ${bytes}`);
  // An object that ends early adds what is missing, of no bytes; deflate gives at most 1,032 bytes for one.
  ok(counters.total_items <= 1_032 * bytes + 2 * objects.length);
}
