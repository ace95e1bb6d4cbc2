import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { Counters } from '../../lib/contract/counters.ts';

/** The memory of the function that builds a shard (infra/pipeline.ts). */
export const FUNCTION_BYTES = 1_769 * 2 ** 20;

export const BuiltLargest = z.strictObject({ counters: Counters, peak_bytes: z.int() });
export type BuiltLargest = z.infer<typeof BuiltLargest>;

/** Builds the shard of one of the largest objects in a process of its own, with the heap that Lambda gives it. */
export async function builtLargest(name: string): Promise<BuiltLargest> {
  const heap = Math.floor((0.9 * FUNCTION_BYTES) / 2 ** 20);
  const { stdout } = await promisify(execFile)(process.execPath, [`--max-old-space-size=${heap}`, PROGRAM, name]);
  return BuiltLargest.parse(JSON.parse(stdout));
}

const PROGRAM = fileURLToPath(new URL('./build-largest.ts', import.meta.url));
