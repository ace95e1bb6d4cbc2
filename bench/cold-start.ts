import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STAGES, type Stage } from '../functions/observability/metric-names.ts';
import { bundleFunction } from '../scripts/bundle-functions.ts';
import { median, root, rounded } from './measure.ts';

/**
 * What Lambda pays before a function's first event: the size of its code, and the milliseconds that loading it takes in a
 * new Node process. A part of `npm run bench`; alone, `node bench/cold-start.ts` takes half a minute. Writes the table of
 * docs/performance.md.
 */
const RUNS = 7;

/** What the stack sets, and Lambda. */
const ENVIRONMENT = {
  TRACES_BUCKET: 'traces',
  TRACES_PREFIX: 'traces/',
  REQUESTS_FROM_UPLOADS: 'restricted',
  COLLECTIONS_BUCKET: 'collections',
  CODE_VERSION: '0.0.0',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  NODE_OPTIONS: '--enable-source-maps',
};

function initMs(bundle: string): number {
  const code = `const began = performance.now(); require(${JSON.stringify(bundle)}); console.log(performance.now() - began)`;
  const told = execFileSync(process.execPath, ['--eval', code], { env: ENVIRONMENT, encoding: 'utf8' });
  return Number(told.trim().split('\n').at(-1));
}

const folder = mkdtempSync(join(tmpdir(), 'dpo-bundles-'));
const bundleOf = (stage: Stage): string => join(folder, stage, 'index.cjs');
for (const stage of STAGES) await bundleFunction(stage, folder);
// Alternating, so that a slow minute of the machine is every function's.
const measured = Array.from({ length: RUNS }, () => STAGES.map((stage) => initMs(bundleOf(stage))));
const rows = STAGES.map((stage, at) => {
  const kilobytes = Math.round(statSync(bundleOf(stage)).size / 1000);
  return `| ${stage} | ${kilobytes} | ${rounded(median(measured.map((all) => all[at] ?? Number.NaN)))} |`;
});
rmSync(folder, { recursive: true });
const table = ['| function | KB, minified | init, ms |', '|---|---:|---:|', ...rows].join('\n');

const page = join(root, 'docs/performance.md');
const text = readFileSync(page, 'utf8');
writeFileSync(
  page,
  text.replace(
    /(<!-- cold start -->\n)[\s\S]*?(\n<!-- \/cold start -->)/,
    (_, before: string, after: string) => `${before}${table}${after}`,
  ),
);
console.log(table);
