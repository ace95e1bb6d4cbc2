import { ok } from 'node:assert';
import { getHeapStatistics } from 'node:v8';
import * as z from 'zod';

/** The most that inputs cost, by what was done with them: in all, and for each byte of the input. */
export const Costs = z.record(z.string(), z.strictObject({ ms: z.number(), us_a_byte: z.number(), mib: z.number() }));
export type Costs = z.infer<typeof Costs>;

/*
 * The worst of 40 rounds is a seventh of the time and a third of the memory. The fixed part is for what the size does not
 * decide: the steps of a run, and a collection of the garbage that earlier inputs left.
 */
const FIXED_MS = 1_000;
/** For each kilobyte beyond the fixed part. */
const MS_A_KB = 10;
/** What an input may leave on the heap, garbage included. */
const FIXED_MIB = 128;
/** For each kilobyte: 100 bytes for each byte. */
const MIB_A_KB = 0.1;

/**
 * Does the work and throws where it took more than its input's bytes may. Milliseconds of this thread alone are counted:
 * a machine that is busy with something else costs nothing.
 */
export async function withinCost<Result>(
  costs: Costs,
  { what, bytes }: { readonly what: string; readonly bytes: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const [begun, before] = [process.threadCpuUsage(), heapBytes()];
  const result = await work();
  const { user, system } = process.threadCpuUsage(begun);
  const ms = (user + system) / 1_000;
  const mib = (heapBytes() - before) / 2 ** 20;
  const kb = bytes / 1_000;
  ok(ms <= FIXED_MS + MS_A_KB * kb, `${what}: ${Math.ceil(ms)} ms for ${bytes} bytes`);
  ok(mib <= FIXED_MIB + MIB_A_KB * kb, `${what}: ${Math.ceil(mib)} MiB for ${bytes} bytes`);
  addCosts(costs, { [what]: { ms, us_a_byte: (1_000 * ms) / Math.max(bytes, 1_000), mib } });
  return result;
}

/** Keeps the larger ones. */
export function addCosts(costs: Costs, more: Costs): void {
  for (const [what, { ms, us_a_byte, mib }] of Object.entries(more)) {
    const known = costs[what] ?? { ms: 0, us_a_byte: 0, mib: 0 };
    costs[what] = {
      ms: Math.max(known.ms, ms),
      us_a_byte: Math.max(known.us_a_byte, us_a_byte),
      mib: Math.max(known.mib, mib),
    };
  }
}

/** Of this thread, buffers outside the heap included. */
function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
