import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './measure.ts';
import { Figures } from './scaling/figures.ts';
import { measureMachine } from './scaling/measure-machine.ts';
import { arithmeticTable, choosingTable, measuredTable, rowsOf } from './scaling/tables.ts';

/**
 * How a run grows: measures a shard, a scan, a stretch and Finalize on this machine (`bench/scaling.json`), reckons runs of 1 GB, 1 TB
 * and 100 TB from that and from AWS's limits and prices, simulates them event by event, and writes the tables of
 * docs/scaling.md. `npm run bench:scaling` takes a quarter of an hour and 8 GB; `-- --measured` only reckons, from what was measured.
 */
const FIGURES = join(root, 'bench/scaling.json');
const { values } = parseArgs({ options: { measured: { type: 'boolean', default: false } } });
if (!values.measured) writeFileSync(FIGURES, `${JSON.stringify(await measureMachine(), null, 2)}\n`);

const figures = Figures.parse(JSON.parse(readFileSync(FIGURES, 'utf8')));
const rows = rowsOf(figures);
const tables = {
  arithmetic: arithmeticTable(rows, figures),
  choosing: choosingTable(figures),
  measured: measuredTable(figures),
};
const page = join(root, 'docs/scaling.md');
let text = readFileSync(page, 'utf8');
for (const [name, table] of Object.entries(tables)) {
  const between = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`);
  text = text.replace(between, (_, before: string, after: string) => `${before}${table}${after}`);
  console.log(`${table}\n`);
}
writeFileSync(page, text);
for (const { job, by, simulated } of rows) {
  const off = Math.round(100 * (by.seconds / simulated.seconds - 1));
  const parts = [by.map.seconds, simulated.map.seconds].map((seconds) => Math.round(seconds)).join(' and ');
  console.log(`${job.name}: arithmetic is ${off} % off the simulation; BuildShards ${parts} s`);
}
