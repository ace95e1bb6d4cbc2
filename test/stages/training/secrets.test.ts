import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { trainingFromEnvironment } from '../../../adapters/trainers/from-environment.ts';
import { TrainingSettings } from '../../../lib/contract/training.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { commitRun } from '../../support/committed-run.ts';
import { type NemoServer, startNemo } from '../../support/nemo-server.ts';
import { clock, customizer, newStore, runTraining, withSecrets } from '../../support/training-run.ts';

let nemo: NemoServer;
let store: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  store = newStore();
});
afterEach(() => nemo.close());

const settings = (more: object = {}) => customizer(nemo.url, more);
const SECRETS = { auth_secret_arn: 'env:AUTH', hf_token_secret_arn: 'env:HF' };

describe('tokens', () => {
  /** Which service got which Authorization, each pair once. */
  const sent = () => {
    const pairs = nemo.state.authorizations.map(([call, authorization]) => {
      const service = /PUT/.test(call) ? 'lfs' : /\/v1\/(hf|datastore)\//.test(call) ? 'datastore' : 'entity';
      return `${service}: ${authorization}`;
    });
    return [...new Set(pairs)].sort();
  };

  it('go each to its own service, and to no place that a large file goes to', async () => {
    nemo.state.lfsOrigin = nemo.url.replace('127.0.0.1', 'localhost');
    const { input } = await commitRun(store, 'run-1', settings(SECRETS));
    // A stored secret often ends with a line end.
    const secrets = withSecrets({ 'env:AUTH': 'token-auth\n', 'env:HF': 'token-hf\n' });
    const { result } = await runTraining(input, store, clock(), secrets);
    expect(result.status).toBe('succeeded');
    expect(sent()).toEqual(['datastore: Bearer token-hf', 'entity: Bearer token-auth', 'lfs: undefined']);
  });

  it('of the entity store serve a datastore without its own at the same origin, and at no other', async () => {
    const secrets = withSecrets({ 'env:AUTH': 'token-auth' });
    const same = await commitRun(store, 'run-1', settings({ auth_secret_arn: 'env:AUTH' }));
    await runTraining(same.input, store, clock(), secrets);
    expect(sent()).toContain('datastore: Bearer token-auth');

    nemo.state.authorizations.length = 0;
    const datastore_host = nemo.url.replace('127.0.0.1', 'localhost');
    const other = await commitRun(store, 'run-2', settings({ auth_secret_arn: 'env:AUTH', datastore_host }));
    await runTraining(other.input, store, clock(), secrets);
    expect(sent()).toContain('datastore: undefined');
  });

  it('may be headers of another name', async () => {
    const { input } = await commitRun(store, 'run-1', settings(SECRETS));
    const seen: IncomingMessage['headers'][] = [];
    nemo.server.on('request', ({ headers }) => seen.push(headers));
    await runTraining(input, store, clock(), withSecrets({ 'env:AUTH': '{"X-Api-Key":"key-1234"}', 'env:HF': 'hf_1' }));
    expect(new Set(seen.map((headers) => headers['x-api-key']))).toEqual(new Set(['key-1234', undefined]));
    expect(sent()).toContain('entity: undefined');
  });

  it('are not sent at all where none is named', async () => {
    const { input } = await commitRun(store, 'run-1', settings());
    await runTraining(input, store);
    expect(new Set(nemo.state.authorizations.map(([, authorization]) => authorization))).toEqual(new Set([undefined]));
  });

  it('need not begin with hf_, and stand in no file and no message, even where the service repeats them', async () => {
    const { input } = await commitRun(store, 'run-1', settings(SECRETS));
    const said = '{"error":"Invalid credentials: Bearer s3cr3t-token"}';
    nemo.misbehave(/POST \/v1\/namespaces/, { status: 401, body: said });
    nemo.misbehave(/repos\/create/, { status: 401, body: said });
    nemo.misbehave(/status$/, { status: 500, body: said });
    const secrets = withSecrets({ 'env:AUTH': 's3cr3t-token', 'env:HF': 's3cr3t-token' });
    const results: unknown[] = [];
    for (const setting of ['auth_secret_arn', 'hf_token_secret_arn']) {
      const { result } = await runTraining(input, store, clock(), secrets);
      results.push(result);
      expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
      const message = expect.stringMatching(new RegExp(`answered 401: .*Invalid credentials.*${setting} names`));
      expect(result).toHaveProperty('cause', message);
    }
    results.push(await runTraining(input, store, clock(), secrets));
    const stored = readdirSync(store.name, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(stored.length).toBeGreaterThan(8);
    expect(stored.join()).toContain('[redacted]');
    expect([...stored, JSON.stringify(results)].filter((text) => text.includes('s3cr3t'))).toEqual([]);
  });

  it('do not follow a redirect of the service to another place', async () => {
    const elsewhere = await startElsewhere();
    nemo.misbehave(/POST \/v1\/namespaces/, { status: 307, body: '', location: elsewhere.url });
    nemo.misbehave(/repos\/create/, { status: 307, body: '', location: elsewhere.url });
    const { input } = await commitRun(store, 'run-1', settings(SECRETS));
    const { result } = await runTraining(input, store, clock(), withSecrets({}));
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringContaining(`HTTP 307 redirects to ${elsewhere.url}`));
    expect(elsewhere.authorizations).toEqual([undefined]);
  });

  it('in plain text have nothing sent', async () => {
    const { input } = await commitRun(store, 'run-1', settings({ hf_token: 'hf_plain' }));
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
    expect(result).toHaveProperty('cause', expect.stringContaining('hf_token_secret_arn'));
    expect(JSON.stringify(result)).not.toContain('hf_plain');
    expect(nemo.calls).toEqual([]);
  });
});

describe('on AWS', () => {
  const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nemo-AbCdEf';
  const host = 'https://nemo.example.com';
  const elsewhere = 'https://attacker.example';
  const trainerOf = (settings: object, ALLOWED_ENDPOINTS = `${host},https://datastore.example.com`) =>
    trainingFromEnvironment({ COLLECTIONS_BUCKET: 'runs', ALLOWED_ENDPOINTS }).trainer(
      TrainingSettings.parse(settings),
    );

  it.each([
    ['auth_secret_arn', customizer(host, { entity_host: elsewhere, auth_secret_arn: ARN })],
    ['hf_token_secret_arn', customizer(host, { datastore_host: elsewhere, hf_token_secret_arn: ARN })],
    ['auth_secret_arn', { nemo_platform: { host: elsewhere, model: 'llama', auth_secret_arn: ARN } }],
  ])('%s goes to no host that the stack does not name', async (setting, training) => {
    const [trainer] = Object.keys(training);
    await expect(trainerOf(training)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: `${elsewhere} gets no secret: training.${trainer}.${setting} goes only to endpoints that the stack names. Put this origin in the stack's allowedEndpoints, or leave training.${trainer}.${setting} out`,
    });
  });

  it('a host that the stack does not name is trained on without a secret', async () => {
    await expect(trainerOf(customizer(elsewhere))).resolves.toMatchObject({ backend: 'nemo-customizer' });
    await expect(trainerOf({ nemo_platform: { host: elsewhere, model: 'llama' } }, '')).resolves.toMatchObject({
      backend: 'nemo-platform',
    });
  });
});

/** A server at another origin that answers all with `{}`, and keeps the Authorization of each request. */
async function startElsewhere() {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const address = server.address();
  return { authorizations, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` };
}
