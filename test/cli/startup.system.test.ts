import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dpo } from './dpo-process.ts';

/** Writes on exit which packages the process has loaded. */
const LOADED = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({ load: (url, context, next) => {
    packages.add(/.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]);
    return next(url, context);
  } });
  process.on('exit', () => writeSync(2, '\\n' + JSON.stringify([...packages])));
`)}`;

// They were a third of the time of a run on the sample.
test('a small run from files to files loads no client of AWS, no trainer, no HTTP client, no worker threads and no Parquet', async () => {
  const out = mkdtempSync(join(tmpdir(), 'dpo-startup-'));
  try {
    const args = ['run', 'examples/candidates.jsonl', '--out', out];
    const { stderr } = await dpo(args, { env: { NODE_OPTIONS: `--import=${LOADED}` } });
    const packages: string[] = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
    expect(packages).toContain('zod');
    const unused = /^@aws-sdk\/|^@smithy\/|^@huggingface\/|^undici$|^yaml$|^diff$|^piscina$|^hyparquet-compressors$/;
    expect(packages.filter((name) => unused.test(name))).toEqual([]);
  } finally {
    rmSync(out, { recursive: true });
  }
});
