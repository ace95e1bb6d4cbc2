import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PipelineError } from '../../lib/errors.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { forms, traceItems } from '../support/trace-arbitraries.ts';

interface Reading {
  readonly shard_bytes: number;
  readonly chunkBytes: number;
  readonly allow_incomplete: boolean;
}

async function run(bytes: Buffer, { shard_bytes, chunkBytes, allow_incomplete }: Reading) {
  const traces = memoryStore('traces', chunkBytes);
  traces.objects.set('t.json', bytes);
  const request = {
    source: { traces: { bucket: 'traces', key: 't.json' } },
    limits: { shard_bytes, max_rejected_fraction: 1, allow_incomplete },
  };
  try {
    const { collection, rejected, totals } = await runSteps(request, memoryDeps(traces));
    return { collection, rejected, totals };
  } catch (error) {
    return {
      failed: error instanceof PipelineError ? error.name : error,
      message: error instanceof Error && error.message,
    };
  }
}

const wound = fc.record({
  // Not fc.double: nearly all doubles from 0 to 1 are as good as 0.
  at: fc.noBias(fc.nat(9_999)).map((parts) => parts / 10_000),
  drop: fc.nat(40),
  put: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', '\n', '\n  {', 'NaN', '\u00ff'),
});

test.each(["NAT's indented array", 'a compact array', 'JSON lines'] as const)(
  '%s that is damaged reads alike whatever the shard size and the chunks, and its losses are lines',
  async (form) => {
    await fc.assert(
      fc.asyncProperty(
        traceItems,
        fc.array(wound, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1024, max: 4096 }),
        fc.integer({ min: 1, max: 999 }),
        fc.boolean(),
        async (items, wounds, shard_bytes, chunkBytes, allow_incomplete) => {
          let bytes = forms[form](items);
          for (const { at, drop, put } of wounds) {
            const place = Math.floor(at * bytes.length);
            bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(put), bytes.subarray(place + drop)]);
          }
          const whole = await run(bytes, { shard_bytes: 1 << 30, chunkBytes: 65_536, allow_incomplete });
          const cut = await run(bytes, { shard_bytes, chunkBytes, allow_incomplete });
          if (cut.failed !== 'ArrayNotIndented') expect(cut).toEqual(whole);
          if (!whole.totals) return;
          const lost = Object.values(whole.totals.rejected_items).reduce((sum, count) => sum + count, 0);
          const unpaired = Object.values(whole.totals.rejected_candidates).reduce((sum, count) => sum + count, 0);
          expect(whole.rejected.split('\n').length - 1).toBe(lost + unpaired);
        },
      ),
      { numRuns: 250 },
    );
  },
);
