import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PipelineStack } from '../../infra/stack.ts';

// The one test that bundles, as `cdk synth` does: offline, without credentials, without Docker.
const outdir = mkdtempSync(join(tmpdir(), 'cdk-out-'));
let bundles: string[] = [];

beforeAll(() => {
  const app = new App({ outdir });
  // Where the bundling looks for Docker there is none.
  vi.stubEnv('CDK_DOCKER', '/nowhere/docker');
  new PipelineStack(app, 'Stack');
  app.synth();
  vi.unstubAllEnvs();
  bundles = readdirSync(outdir)
    .map((name) => join(outdir, name, 'index.mjs'))
    .filter((file) => existsSync(file));
});

afterAll(() => rmSync(outdir, { recursive: true }));

test('each step is one ES module with a source map', () => {
  expect(bundles).toHaveLength(8);
  for (const bundle of bundles) expect(existsSync(`${bundle}.map`)).toBe(true);
});

test('each loads by itself and exports its handler', () => {
  const env = {
    TRACES_BUCKET: 'traces',
    COLLECTIONS_BUCKET: 'collections',
    CODE_VERSION: '0.0.0',
    AWS_REGION: 'eu-central-1',
  };
  for (const bundle of bundles) {
    const code = `const { handler } = await import('${pathToFileURL(bundle)}'); console.log(typeof handler);`;
    const told = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { env, encoding: 'utf8' });
    expect(told.trim()).toBe('function');
  }
});
