import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { createHttpClient as CreateHttpClient } from '../../adapters/http/client.ts';
import { STAGES, type Stage } from '../../functions/observability/metric-names.ts';
import { BUNDLE } from '../../infra/bundle/options.ts';
import { bundleFunction } from '../../scripts/bundle-functions.ts';
import { FUNCTION_ENVIRONMENT } from '../support/function-environment.ts';
import { startS3Server } from '../support/s3-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
/** The packages in each bundle. */
const packages = new Map<Stage, ReadonlySet<string>>();
/** A minute on two cores that are busy. */
const BUNDLING_MS = 300_000;

beforeAll(async () => {
  for (const stage of STAGES) {
    const { metafile } = await bundleFunction(stage, folder);
    packages.set(stage, new Set(Object.keys(metafile.inputs).flatMap(packageOf)));
  }
}, BUNDLING_MS);

afterAll(() => rmSync(folder, { recursive: true }));

const packageOf = (file: string): string[] => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.slice(1) ?? [];

/**
 * KB (1,000 bytes) of minified code; what a function holds is read and compiled each time that Lambda starts one. 120 of
 * them are X-Ray's, which run only in a sampled invocation.
 */
const BUDGET: Record<Stage, number> = {
  // The first two and BuildShard hold the readers of all containers and source formats, some 300 KB, and a tokenizer of 100 KB
  // that is run where tokens are counted; WriteDatasets writes Parquet.
  // It reads a sample of the traces and pairs it, as BuildShard does.
  evaluate: 1170,
  'run-workflow': 880,
  'plan-traces': 600,
  'group-candidates': 950,
  'build-shard': 1130,
  choose: 630,
  'write-datasets': 670,
  finalize: 790,
  'submit-training': 1030,
  'check-training': 1030,
  'deploy-model': 1030,
  'record-failure': 600,
  'gather-uploads': 600,
};

test.each(STAGES)('%s keeps to its size', (stage) => {
  expect(statSync(join(folder, stage, 'index.cjs')).size / 1000).toBeLessThan(BUDGET[stage]);
});

const TRAINING = ['submit-training', 'check-training', 'deploy-model'] as const satisfies readonly Stage[];
const USERS: Readonly<Record<string, readonly Stage[]>> = {
  '@huggingface/hub': TRAINING,
  '@aws-sdk/client-eventbridge': TRAINING,
  '@aws-sdk/client-secrets-manager': ['run-workflow', ...TRAINING],
  undici: ['run-workflow', ...TRAINING],
  'd3-shape': ['finalize'],
  '@aws-sdk/nested-clients': [],
  '@aws-sdk/credential-provider-sso': [],
};

test.each(Object.entries(USERS))('%s is in the functions that use it, and in no other', (name, users) => {
  expect(STAGES.filter((stage) => packages.get(stage)?.has(name))).toEqual(users);
});

const run = promisify(execFile);

/** What a bundled handler answers or fails with, in a process that has Lambda's environment and nothing else. */
async function answer(stage: Stage, event: unknown, endpoint: string): Promise<unknown> {
  const code = `const { handler } = require(${JSON.stringify(join(folder, stage, 'index.cjs'))});
    handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 900000 }).then(
      (value) => console.log('\\n' + JSON.stringify({ value })),
      ({ name, message }) => console.log('\\n' + JSON.stringify({ name, message })));`;
  const { stdout } = await run(process.execPath, ['--eval', code], {
    env: {
      ...FUNCTION_ENVIRONMENT,
      AWS_SESSION_TOKEN: 'token',
      AWS_ENDPOINT_URL_S3: endpoint,
    },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

test("a bundled function works on S3 with the credentials of Lambda's environment, and keeps the names of errors", async () => {
  const s3 = await startS3Server();
  try {
    s3.createBucket('traces', { versioned: true });
    s3.createBucket('collections');
    s3.put('traces', 'traces/t.jsonl', '{"id":1,"intermediate_steps":[]}\n');
    const source = { traces: { bucket: 'traces', key: 'traces/t.jsonl' } };
    expect(await answer('evaluate', { execution: 'run', input: { source } }, s3.endpoint)).toMatchObject({
      value: { run_id: 'run', status: 'planned', shards: 1 },
    });
    expect(await answer('evaluate', { execution: 'run', input: { sauce: 1 } }, s3.endpoint)).toMatchObject({
      name: 'InvalidRequest',
    });
    const missing = { traces: { bucket: 'traces', key: 'traces/other.jsonl' } };
    expect(await answer('evaluate', { execution: 'two', input: { source: missing } }, s3.endpoint)).toMatchObject({
      name: 'NoTraces',
    });
  } finally {
    await s3.close();
  }
});

test('what stands in for undici in a bundle is the client that there is outside', async () => {
  const outfile = join(folder, 'client.cjs');
  await build({
    ...BUNDLE,
    mainFields: [...BUNDLE.mainFields],
    external: [...BUNDLE.external],
    bundle: true,
    platform: 'node',
    entryPoints: ['adapters/http/client.ts'],
    outfile,
  });
  const bundled: { createHttpClient: typeof CreateHttpClient } = createRequire(import.meta.url)(outfile);
  const server = createServer((request, response) => {
    if (request.url === '/old?a=b') response.writeHead(307, { location: '/new?c=d' }).end();
    else request.pipe(response.writeHead(200, { 'x-asked': `${request.method} ${request.url}` }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port }: AddressInfo = Object.assign({ port: 0, address: '', family: '' }, server.address());
    const request = { method: 'POST', body: 'text', timeoutMs: 9_000, inactivityMs: 9_000, maxBytes: 99 } as const;
    const url = `http://127.0.0.1:${port}/old?a=b`;
    const client = bundled.createHttpClient({ policy: { reach: 'any' } });
    const { status, headers, body } = await client.send({ ...request, url });
    expect({ status, asked: headers['x-asked'] }).toEqual({ status: 200, asked: 'POST /new?c=d' });
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('text');
    const guarded = bundled.createHttpClient({ policy: { reach: 'public' } });
    await expect(guarded.send({ ...request, url })).rejects.toThrow(
      expect.objectContaining({ name: 'EndpointRefused' }),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
