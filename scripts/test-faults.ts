import { parseArgs } from 'node:util';
import { faultMatrix } from '../test/faults/all.ts';
import { table } from '../test/faults/matrix.ts';

// Injects every fault of the matrix, each as often as it can be, and prints what came of it: `npm run test:faults`.

const { values } = parseArgs({ options: { interleavings: { type: 'string', default: '1000' } } });
const rows = await faultMatrix(Number(values.interleavings));
console.log(table(rows));
if (rows.some(({ lost, doubled, changed }) => lost + doubled + changed > 0)) {
  console.error('Lines were lost, doubled or changed.');
  process.exitCode = 1;
}
