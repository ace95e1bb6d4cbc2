import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { FAULT_PARTS } from './all.ts';

/** One part of the matrix, in a thread of its own: its rows are the thread's only message. */
const { part, interleavings } = z.strictObject({ part: z.int(), interleavings: z.int() }).parse(workerData);
parentPort?.postMessage(await FAULT_PARTS[part]?.(interleavings));
