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
      const message = expect.stringMatching(new RegExp(`answered 401\\b.*${setting} names`));
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
  const secret = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;
  const host = 'https://nemo.example.com';
  const elsewhere = 'https://attacker.example';
  const ALLOWED = [
    {
      ...{ origin: host, purpose: 'training', secretArns: [secret('nemo')] },
      ...{ namespaces: ['team'], workspaces: ['default'], images: ['nvcr.io/nim/ours', 'vllm/vllm-openai:v1'] },
    },
    {
      ...{ origin: 'https://datastore.example.com', purpose: 'training', secretArns: [secret('datastore')] },
      namespaces: ['team', 'other'],
    },
    { origin: elsewhere, purpose: 'workflow', secretArns: [secret('agent')] },
  ];
  const trainerOf = (settings: object) =>
    trainingFromEnvironment({ COLLECTIONS_BUCKET: 'runs', ALLOWED_ENDPOINTS: JSON.stringify(ALLOWED) }).trainer(
      TrainingSettings.parse(settings),
    );
  const platform = (more: object) => ({ nemo_platform: { host, model: 'llama', ...more } });
  const deployed = (image_name: string, image_tag = 'v1') => ({
    ...{ deploy_on_completion: true, deployment_config: { image_name, image_tag } },
  });

  it.each([
    ['entity_host', customizer(host, { entity_host: elsewhere })],
    ['datastore_host', customizer(host, { datastore_host: elsewhere })],
    ['host', platform({ host: elsewhere })],
    ['storage.endpoint_url', platform({ storage: { endpoint_url: elsewhere } })],
  ])('nothing is sent to a %s that the stack does not list for training', async (setting, training) => {
    const [trainer] = Object.keys(training);
    await expect(trainerOf(training)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: `training.${trainer}.${setting} is at ${elsewhere}: nothing is sent there, because the stack does not list it. Add {"origin":"${elsewhere}","purpose":"training"} to the stack's allowedEndpoints, or name an endpoint that it lists.`,
    });
  });

  it.each([
    ['auth_secret_arn', customizer(host, { auth_secret_arn: secret('datastore') })],
    ['hf_token_secret_arn', customizer(host, { hf_token_secret_arn: secret('datastore') })],
    ['auth_secret_arn', platform({ auth_secret_arn: secret('agent') })],
  ])('%s is one that the stack binds to that host and to training', async (setting, training) => {
    await expect(trainerOf(training)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: expect.stringMatching(new RegExp(`^${host} may not receive the secret that .*${setting} names`)),
    });
  });

  it.each([
    ['namespace is other', customizer(host, { namespace: 'other' })],
    ['workspace is theirs', platform({ workspace: 'theirs' })],
    ['model is theirs', platform({ model: 'theirs/llama' })],
    ['deployment_config is nvcr.io/nim/theirs:v1', customizer(host, deployed('nvcr.io/nim/theirs'))],
    ['deployment_config is vllm/vllm-openai:latest', platform(deployed('vllm/vllm-openai', 'latest'))],
  ])('%s, which the stack does not list, is refused by its setting', async (said, training) => {
    await expect(trainerOf(training)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: expect.stringContaining(`${said}, and for ${host} the stack lists `),
    });
  });

  it.each([
    customizer(host, { auth_secret_arn: null, ...deployed('nvcr.io/nim/ours', 'any') }),
    customizer(host, { datastore_host: 'https://datastore.example.com' }),
    platform({ model: 'default/llama', ...deployed('vllm/vllm-openai') }),
    { event_bridge: {} },
  ])('what the stack lists is trained on: %j', async (training) => {
    await expect(trainerOf(training)).resolves.toMatchObject({ backend: expect.any(String) });
  });

  it.each(['https://me@nemo.example.com', 'https://nemo.example.com/?token=1', 'https://nemo.example.com/#x'])(
    'a host has no user, query or fragment: %s',
    (url) => {
      for (const settings of [customizer(url), customizer(host, { datastore_host: url }), platform({ host: url })]) {
        const { success, error } = TrainingSettings.safeParse(settings);
        expect(success).toBe(false);
        expect(error?.issues[0]?.message).toContain('must have no user, query or fragment');
      }
    },
  );
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
