import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { STAGES, type Stage } from '../../functions/observability/metric-names.ts';
import { bundleFunction } from '../../scripts/bundle-functions.ts';
import { FUNCTION_ENVIRONMENT } from '../../test/support/function-environment.ts';
import { median, rounded } from '../measure.ts';
import type { Bench } from '../programs.ts';

/**
 * What Lambda pays before a function's first event: the size of its code, and the milliseconds that loading it takes in a
 * new Node process.
 */
export async function measureColdStart({ folder, runs }: Bench) {
  const bundleOf = (stage: Stage): string => join(folder, 'functions', stage, 'index.cjs');
  for (const stage of STAGES) await bundleFunction(stage, join(folder, 'functions'));
  // Alternating, so that a slow minute of the machine is every function's.
  const rounds = Array.from({ length: runs }, () => STAGES.map((stage) => initMs(bundleOf(stage))));
  return {
    functions: STAGES.map((name, at) => ({
      name,
      kilobytes: Math.round(statSync(bundleOf(name)).size / 1000),
      init_ms: rounded(median(rounds.map((all) => all[at] ?? Number.NaN))),
    })),
  };
}

/** What the stack sets, and Lambda. */
const ENVIRONMENT = {
  ...FUNCTION_ENVIRONMENT,
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  NODE_OPTIONS: '--enable-source-maps',
};

function initMs(bundle: string): number {
  const code = `const began = performance.now(); require(${JSON.stringify(bundle)}); console.log(performance.now() - began)`;
  const printed = execFileSync(process.execPath, ['--eval', code], { env: ENVIRONMENT, encoding: 'utf8' });
  return Number(printed.trim().split('\n').at(-1));
}
