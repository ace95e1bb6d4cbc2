import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpClient } from '../../functions/http/client.ts';
import { guardedAgent } from '../../functions/http/guard.ts';
import { guardedFetch } from '../../functions/training/guarded-fetch.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { commitRun } from '../support/committed-run.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { clock, newStore, runTraining } from './training-run.ts';

let nemo: NemoServer;
let store: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  store = newStore();
});
afterEach(() => nemo.close());

const settings = (more: object = {}) => ({
  nemo_customizer: {
    entity_host: nemo.url,
    datastore_host: nemo.url,
    namespace: 'team',
    customization_config: 'meta/llama@v1',
    ...more,
  },
});

const under = (allowedOrigins: readonly string[]) => {
  const policy = { allowedOrigins, allowPrivate: false };
  const agent = guardedAgent(policy);
  return { http: createHttpClient({ policy, agent }), fetch: guardedFetch(agent) };
};

it('reaches no private endpoint that the stack does not allow', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store, clock(), under([]));
  expect(result).toMatchObject({ status: 'failed', error: 'EndpointRefused' });
  expect(nemo.calls).toEqual([]);
});

it('reaches the private endpoints that the stack allows', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store, clock(), under([nemo.url]));
  expect(result.status).toBe('succeeded');
});

it('uploads to no other private place that the datastore names', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  nemo.state.lfsOrigin = 'http://169.254.169.254';
  const { result } = await runTraining(input, store, clock(), under([nemo.url]));
  expect(result).toMatchObject({ status: 'failed', error: 'EndpointRefused' });
});

it('sends each token to its own service, and to no place that a large file goes to', async () => {
  nemo.state.lfsOrigin = nemo.url.replace('127.0.0.1', 'localhost');
  const secrets = { auth_secret_arn: 'arn:auth', hf_token_secret_arn: 'arn:hf' };
  const { input } = await commitRun(store, 'run-1', settings(secrets));
  // A stored secret often ends with a line end.
  const { result } = await runTraining(input, store, clock(), { secret: async (name) => `token-${name.slice(4)}\n` });
  expect(result.status).toBe('succeeded');
  const sent = nemo.state.authorizations.map(([call, authorization]) => {
    const service = /PUT/.test(call) ? 'lfs' : /\/v1\/(hf|datastore)\//.test(call) ? 'datastore' : 'entity';
    return `${service}: ${authorization}`;
  });
  expect([...new Set(sent)].sort()).toEqual([
    'datastore: Bearer token-hf',
    'entity: Bearer token-auth',
    'lfs: undefined',
  ]);
});

it('sends no Authorization at all without a token', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  await runTraining(input, store);
  expect(new Set(nemo.state.authorizations.map(([, authorization]) => authorization))).toEqual(new Set([undefined]));
});

it('takes a token that does not begin with hf_, and stores and shows none', async () => {
  const secrets = { auth_secret_arn: 'arn:auth', hf_token_secret_arn: 'arn:hf' };
  const { input } = await commitRun(store, 'run-1', settings(secrets));
  nemo.misbehave(/repos\/create/, { status: 401, body: '{"error":"Invalid credentials"}' });
  const { result } = await runTraining(input, store, clock(), { secret: async () => 's3cr3t' });
  expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
  expect(result).toHaveProperty(
    'cause',
    expect.stringMatching(/answered 401: Invalid credentials.*hf_token_secret_arn/),
  );
  await runTraining(input, store, clock(), { secret: async () => 's3cr3t' });
  const stored = readdirSync(store.name, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(stored.length).toBeGreaterThan(8);
  expect([...stored, JSON.stringify(result)].filter((text) => text.includes('s3cr3t'))).toEqual([]);
});

it('sends nothing for a request that holds a token in plain text', async () => {
  const { input } = await commitRun(store, 'run-1', settings({ hf_token: 'hf_plain' }));
  const { result } = await runTraining(input, store);
  expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
  expect(result).toHaveProperty('cause', expect.stringContaining('hf_token_secret_arn'));
  expect(JSON.stringify(result)).not.toContain('hf_plain');
  expect(nemo.calls).toEqual([]);
});

it('reads no endless answer', async () => {
  nemo.misbehave(/v1\/namespaces/, { status: 200, body: 'x'.repeat(5_000_000) });
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store);
  expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
});
