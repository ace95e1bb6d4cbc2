import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { fuzzRound } from './round.ts';

// One round in a thread of its own: `alive` every few objects, and last what it came to.

const { seed } = z.strictObject({ seed: z.int() }).parse(workerData);
parentPort?.postMessage(await fuzzRound(seed, () => parentPort?.postMessage('alive')));
