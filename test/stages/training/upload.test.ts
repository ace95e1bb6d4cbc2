import { describe, expect, it } from 'vitest';
import { credentialsFrom } from '../../../adapters/http/endpoint-credentials.ts';
import { uploadDataset } from '../../../adapters/trainers/hub-dataset.ts';
import { StoreRefused } from '../../../lib/errors.ts';
import { commitRun } from '../../support/committed-run.ts';
import { onNemo } from '../../support/on-nemo.ts';
import { customizer, runTraining, trainersOf } from '../../support/training-run.ts';

describe('the dataset on its way to the datastore', () => {
  it('is sent in the commit where the datastore wants it so', async () => {
    const { nemo, run } = await onNemo();
    nemo.state.uploadMode = 'regular';
    const { result } = await run();
    expect(result.status).toBe('succeeded');
    expect(nemo.state.repos.get('team/nat-dpo')?.size).toBe(2);
    expect(nemo.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('is streamed where a file is too large to be hashed at once', async () => {
    const { nemo, store } = await onNemo();
    const { input, files } = await commitRun(store, 'run-1', customizer(nemo.url), { lines: 200_000 });
    expect(files.training?.length).toBeGreaterThan(10_000_000);
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
    const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
    expect(uploaded?.equals(Buffer.from(files.training ?? ''))).toBe(true);
  });

  it('is sent again after an upload that was cut in the middle', async () => {
    const { nemo, store } = await onNemo();
    nemo.misbehave(/PUT \/lfs/, 'cut');
    const { input, files } = await commitRun(store, 'run-1', customizer(nemo.url), { lines: 20_000 });
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
    const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
    expect(uploaded?.toString()).toBe(files.training);
    expect(nemo.state.jobs).toHaveLength(1);
  });

  // The library loses a failure that comes before it waits for one: it hung, or left a rejection that ends the process.
  it.each([1, 2])('ends with the failure of a request that fails at once, the %sth file’s', async (failing) => {
    const { nemo, store } = await onNemo();
    const { files } = await commitRun(store, 'run-1', customizer(nemo.url));
    const { fetch } = trainersOf(store);
    let puts = 0;
    const upload = uploadDataset({
      hubUrl: `${nemo.url}/v1/hf`,
      repo: 'team/nat-dpo',
      files: Object.entries(files).map(([role, { length }]) => {
        const path = `${role}/${role}_file.jsonl`;
        return { key: `runs/run-1/datasets/nemo_customizer/${path}`, bytes: length, path };
      }),
      description: 'run-1',
      store,
      fetch: async (input, init) => {
        if (init?.method === 'PUT' && ++puts === failing) throw new Error('refused at once');
        return fetch(input, init);
      },
      credentials: await credentialsFrom(async () => '')({ secret: null, setting: 's', endpoint: nemo.url }),
    });
    await expect(upload).rejects.toMatchObject({
      name: 'TrainerUnavailable',
      message: expect.stringContaining('refused at once'),
    });
  });

  it('ends as the store’s own refusal where the dataset may not be read', async () => {
    const { nemo, store } = await onNemo();
    const { files } = await commitRun(store, 'run-1', customizer(nemo.url));
    const refused = new StoreRefused('bucket/key: forbidden', { cause: new Error('403') });
    const upload = uploadDataset({
      hubUrl: `${nemo.url}/v1/hf`,
      repo: 'team/nat-dpo',
      files: Object.entries(files).map(([role, { length }]) => {
        const path = `${role}/${role}_file.jsonl`;
        return { key: `runs/run-1/datasets/nemo_customizer/${path}`, bytes: length, path };
      }),
      description: 'run-1',
      store: {
        ...store,
        // biome-ignore lint/correctness/useYield: it fails before the first byte.
        async *read() {
          throw refused;
        },
      },
      fetch: trainersOf(store).fetch,
      credentials: await credentialsFrom(async () => '')({ secret: null, setting: 's', endpoint: nemo.url }),
    });
    await expect(upload).rejects.toBe(refused);
  });
});
