import { expect, test } from 'vitest';
import { sumOfReasons } from '../../lib/contract/counters.ts';
import { LARGEST } from './largest.ts';
import { builtLargest, FUNCTION_BYTES } from './peak-memory.ts';

test.each(Object.keys(LARGEST))(
  '%s: the shard is built within the memory of its function, and the items beside it are kept',
  { timeout: 300_000 },
  async (name) => {
    const { counters, peak_bytes } = await builtLargest(name);
    expect(counters.total_pairs).toBeGreaterThan(0);
    expect(counters.total_items - sumOfReasons(counters.rejected_items)).toBeGreaterThan(0);
    expect(peak_bytes).toBeLessThan(FUNCTION_BYTES);
  },
);
