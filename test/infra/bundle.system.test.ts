import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { STAGES } from '../../functions/observability/metric-names.ts';
import { PipelineStack } from '../../infra/stack.ts';
import { FUNCTION_ENVIRONMENT } from '../support/function-environment.ts';

// The one test that bundles, as `cdk synth` does: offline, without credentials, without Docker.
const outdir = mkdtempSync(join(tmpdir(), 'cdk-out-'));
let bundles: string[] = [];
/** A minute on two cores that are busy. */
const BUNDLING_MS = 300_000;

beforeAll(() => {
  const app = new App({ outdir, context: { uploads: { quietMinutes: 5 } } });
  // Where the bundling looks for Docker there is none.
  vi.stubEnv('CDK_DOCKER', '/nowhere/docker');
  new PipelineStack(app, 'Stack');
  app.synth();
  vi.unstubAllEnvs();
  bundles = readdirSync(outdir)
    .map((name) => join(outdir, name, 'index.js'))
    .filter((file) => existsSync(file));
}, BUNDLING_MS);

afterAll(() => rmSync(outdir, { recursive: true }));

test('each step is one module with a source map', () => {
  expect(bundles).toHaveLength(STAGES.length);
  for (const bundle of bundles) expect(existsSync(`${bundle}.map`)).toBe(true);
});

test('each loads by itself and exports its handler', () => {
  const env = FUNCTION_ENVIRONMENT;
  for (const bundle of bundles) {
    const code = `const { handler } = await import('${pathToFileURL(bundle)}'); console.log(typeof handler);`;
    const told = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { env, encoding: 'utf8' });
    expect(told.trim()).toBe('function');
  }
});

test('a sampled invocation is traced: the library that comes only then works in a bundle', async () => {
  const daemon = createSocket('udp4');
  const traced = once(daemon, 'message');
  await new Promise<void>((bound) => daemon.bind(0, '127.0.0.1', bound));
  const env = {
    ...FUNCTION_ENVIRONMENT,
    AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
  };
  const [bundle = ''] = bundles;
  // The event has not its form, so nothing is asked of S3.
  const code = `const { handler } = await import('${pathToFileURL(bundle)}'); await handler({ run_id: 'a' }, {}).catch(() => {});`;
  const told = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { env, stdio: 'pipe' });
  expect(String(told)).toContain('"message":"began"');
  const [message] = await traced;
  expect(String(message)).toContain('"run_id":"a"');
  daemon.close();
});
