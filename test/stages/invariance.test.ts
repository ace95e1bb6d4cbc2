import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sumOfReasons } from '../../lib/contract/counters.ts';
import { Group, Rejected } from '../../lib/contract/trajectory.ts';
import { memoryStore } from '../support/memory-store.ts';
import { inShort, natReference } from '../support/nat-reference.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { forms, traceItems } from '../support/trace-arbitraries.ts';

async function runBytes(bytes: Buffer, compatibility: string, shard_bytes: number, chunkBytes = 65_536) {
  const traces = memoryStore('traces', chunkBytes);
  traces.objects.set('t.json', bytes);
  const request = {
    source: { traces: { bucket: 'traces', key: 't.json' } },
    builder: { compatibility },
    limits: { shard_bytes, max_rejected_fraction: 1 },
  };
  try {
    return await runSteps(request, memoryDeps(traces));
  } catch (error) {
    return { failed: error instanceof Error ? error.name : 'unknown' };
  }
}

describe.each(Object.entries(forms))('%s', (_, write) => {
  test.each(['strict', 'nat'])(
    'gives the same bytes in %s whatever the shard size and the chunks',
    async (compatibility) => {
      await fc.assert(
        fc.asyncProperty(
          traceItems,
          fc.integer({ min: 1024, max: 8192 }),
          fc.integer({ min: 1, max: 999 }),
          async (items, shardBytes, chunk) => {
            const bytes = write(items);
            const whole = await runBytes(bytes, compatibility, 1 << 30);
            const cut = await runBytes(bytes, compatibility, shardBytes, chunk);
            if ('failed' in whole || 'failed' in cut) {
              expect(cut).toEqual(whole);
              return;
            }
            expect(cut.collection).toBe(whole.collection);
            expect(cut.rejected).toBe(whole.rejected);
            expect(cut.totals).toEqual(whole.totals);
            expect(cut.manifest.collection).toEqual(whole.manifest.collection);
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});

// A line belonged to one slice by its first byte and to the next by its item's: between the two it was lost.
test('an item survives a cut within the white space before it', async () => {
  const items = ['a', 'b', 'c'].map((id) => `${' '.repeat(2000)}{"id":"${id}","intermediate_steps":[]}\n`);
  const whole = await runBytes(Buffer.from(items.join('')), 'nat', 1 << 30);
  const cut = await runBytes(Buffer.from(items.join('')), 'nat', 1024);
  expect(whole).toMatchObject({ totals: { total_items: 3 } });
  expect(cut).toMatchObject({ totals: { total_items: 3 } });
});

test('nat makes what NAT makes of repeated ids, of ids that read alike, and of turns they share', async () => {
  await fc.assert(
    fc.asyncProperty(traceItems, fc.integer({ min: 1024, max: 4096 }), async (items, shardBytes) => {
      const run = await runBytes(forms["NAT's indented array"](items), 'nat', shardBytes);
      if ('failed' in run) throw new Error(run.failed);
      const expected = natReference(JSON.parse(JSON.stringify(items)));
      expect(run.groups.map(inShort)).toEqual(expected.groups);
      expect(run.totals).toMatchObject({ total_candidates: expected.candidates, total_turns: expected.turns });
    }),
    { numRuns: 300 },
  );
});

test.each(['strict', 'nat'])('the counters of %s reconcile, and every line has its schema', async (compatibility) => {
  await fc.assert(
    fc.asyncProperty(traceItems, async (items) => {
      const run = await runBytes(forms['JSON lines'](items), compatibility, 2048);
      if ('failed' in run) {
        expect(['NoCandidates', 'NoPairs', 'EmptyDataset']).toContain(run.failed);
        return;
      }
      const { totals, groups, losses, manifest } = run;
      expect(totals.total_candidates + sumOfReasons(totals.rejected_candidates)).toBe(totals.matching_steps);
      const { skipped_prompt_mismatch, skipped_identical, skipped_tie, skipped_score_diff, skipped_pair_limit } =
        totals;
      const skipped =
        skipped_prompt_mismatch + skipped_identical + skipped_tie + skipped_score_diff + skipped_pair_limit;
      expect(totals.total_pairs + skipped).toBe(totals.possible_pairs);
      expect(totals.total_items).toBe(items.length);
      expect(groups.length).toBe(totals.total_examples);
      expect(groups.flatMap(({ trajectories }) => trajectories).length).toBe(totals.total_pairs);
      expect(losses.length).toBe(sumOfReasons(totals.rejected_candidates) + sumOfReasons(totals.rejected_items));
      expect(losses.length).toBe(manifest.rejected.lines);
      for (const group of groups) Group.parse(group);
      for (const loss of losses) Rejected.parse(loss);
    }),
    { numRuns: 150 },
  );
});
