import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { each } from '../lib/stages/each.ts';
import { FAULT_PARTS } from '../test/faults/all.ts';
import { byFault, Row, table } from '../test/faults/matrix.ts';

// Injects every fault of the matrix, each as often as it can be, a part of it on each core, and prints what came of it:
// `npm run test:faults`.

const { values } = parseArgs({ options: { interleavings: { type: 'string', default: '1000' } } });
const interleavings = Number(values.interleavings);
// One more than there are cores: over HTTP a part waits now and then.
const rows = (await each([...FAULT_PARTS.keys()], availableParallelism() + 1, rowsOf)).flat();
console.log(table(rows));
if (rows.some(({ lost, doubled, changed }) => lost + doubled + changed > 0)) {
  console.error('Lines were lost, doubled or changed.');
  process.exitCode = 1;
}

const page = readFileSync(new URL('../docs/reliability.md', import.meta.url), 'utf8');
const [, section = ''] = /^## Injected faults\n([\s\S]*?)^## /m.exec(page) ?? [];
const shown = [...section.matchAll(/^\| (.+?) \| [\d,]+ \|/gm)].map(([, fault]) => fault);
const faults = byFault(rows).map(({ fault }) => fault);
const other = faults.find((fault, place) => fault !== shown[place]) ?? shown[faults.length];
if (other !== undefined) {
  console.error(`The table in docs/reliability.md differs at "${other}": put the one above there.`);
  process.exitCode = 1;
}

/** Throws what the part throws. */
async function rowsOf(part: number): Promise<readonly Row[]> {
  const worker = new Worker(new URL('../test/faults/part-worker.ts', import.meta.url), {
    workerData: { part, interleavings },
  });
  const [message] = await once(worker, 'message');
  return z.array(Row).parse(message);
}
