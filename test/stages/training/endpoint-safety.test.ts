import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpClient } from '../../../adapters/http/client.ts';
import { guardedAgent } from '../../../adapters/http/guard.ts';
import { guardedFetch } from '../../../adapters/http/guarded-fetch.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { commitRun } from '../../support/committed-run.ts';
import { type NemoServer, startNemo } from '../../support/nemo-server.ts';
import { clock, customizer, newStore, runTraining } from '../../support/training-run.ts';

let nemo: NemoServer;
let store: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  store = newStore();
});
afterEach(() => nemo.close());

const settings = () => customizer(nemo.url);

const under = (origins: readonly string[]) => {
  const policy = { reach: 'listed', origins } as const;
  const agent = guardedAgent(policy);
  return { http: createHttpClient({ policy, agent }), fetch: guardedFetch(agent) };
};

it('reaches no endpoint that the stack does not list', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store, clock(), under([]));
  expect(result).toMatchObject({ status: 'failed', error: 'EndpointRefused' });
  expect(nemo.calls).toEqual([]);
});

it('reaches the private endpoints that the stack lists', async () => {
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store, clock(), under([nemo.url]));
  expect(result.status).toBe('succeeded');
});

it.each(['http://169.254.169.254', 'https://bucket.example.com'])(
  'uploads to no other place that the datastore names, such as %s',
  async (lfsOrigin) => {
    const { input } = await commitRun(store, 'run-1', settings());
    nemo.state.lfsOrigin = lfsOrigin;
    const { result } = await runTraining(input, store, clock(), under([nemo.url]));
    expect(result).toMatchObject({ status: 'failed', error: 'EndpointRefused' });
  },
);

it('reads no endless answer', async () => {
  nemo.misbehave(/v1\/namespaces/, { status: 200, body: 'x'.repeat(5_000_000) });
  const { input } = await commitRun(store, 'run-1', settings());
  const { result } = await runTraining(input, store);
  expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
});
