import { describe, expect, it } from 'vitest';
import { commitRun } from '../../support/committed-run.ts';
import { NAT_HYPERPARAMETERS } from '../../support/nat-defaults.ts';
import { DEPLOYS, onNemo } from '../../support/on-nemo.ts';
import { customizer, runTraining } from '../../support/training-run.ts';

describe('from the committed dataset to a ready deployment', () => {
  it('creates namespaces, dataset, job, configuration and deployment with the bodies of NAT', async () => {
    const { nemo, store, run } = await onNemo();
    const { files } = await commitRun(store, 'run-1', customizer(nemo.url));
    const { result } = await run(DEPLOYS);

    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'completed', next: 'done' } } });
    const { state } = nemo;
    expect([...state.namespaces]).toEqual(['entity:team', 'datastore:team']);
    const repo = Object.entries(Object.fromEntries(state.repos.get('team/nat-dpo') ?? []));
    expect(repo.map(([path, bytes]) => [path, bytes.toString()])).toEqual([
      ['training/training_file.jsonl', files.training],
      ['validation/validation_file.jsonl', files.validation],
    ]);
    expect(state.datasets.get('team/nat-dpo')).toMatchObject({ files_url: 'hf://datasets/team/nat-dpo' });
    const output_model = expect.stringMatching(/^team\/dpo-run-1-[0-9a-f]{8}$/);
    expect(state.jobs.map(({ body }) => body)).toEqual([
      {
        config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
        dataset: { name: 'nat-dpo', namespace: 'team' },
        hyperparameters: NAT_HYPERPARAMETERS,
        output_model,
        description: expect.stringMatching(/^dpo-trajectories run run-1 \([0-9a-f]{16}\)$/),
      },
    ]);
    const [config] = state.configs.keys();
    expect([...state.configs.values()]).toEqual([
      {
        name: expect.stringMatching(/^nat-deploy-config-dpo-run-1-[0-9a-f]{8}$/),
        namespace: 'team',
        description: 'Fine-tuned model deployment',
        model: output_model,
        nim_deployment: {
          image_name: 'nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b',
          image_tag: 'latest',
          gpu: 1,
        },
      },
    ]);
    expect([...state.deployments.values()].map(({ body }) => body)).toEqual([
      {
        name: expect.stringMatching(/^nat-deployment-dpo-run-1-[0-9a-f]{8}$/),
        namespace: 'team',
        description: 'Fine-tuned model deployment',
        config: `team/${config}`,
      },
    ]);
  });

  it('takes what is there already: namespaces, repo, dataset, configuration, deployment', async () => {
    const { nemo, run } = await onNemo();
    const { state } = nemo;
    state.namespaces.add('entity:team').add('datastore:team');
    state.repos.set('team/nat-dpo', new Map());
    state.datasets.set('team/nat-dpo', {});
    nemo.misbehave(/datastore\/namespaces/, { status: 422, body: 'exists' });
    const { result } = await run(DEPLOYS);
    expect(result.status).toBe('succeeded');
    expect(state.repos.get('team/nat-dpo')?.size).toBe(2);
  });

  it('creates no namespace when told not to', async () => {
    const { nemo, run } = await onNemo();
    await run({ create_namespace_if_missing: false });
    expect(nemo.state.namespaces.size).toBe(0);
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('ends after the submission when nobody waits, and says so in NAT’s words', async () => {
    const { run, finalMetrics } = await onNemo();
    const { result, entered } = await run({ wait_for_completion: false });
    expect(result.status).toBe('succeeded');
    expect(entered).toEqual(['SubmitTraining', 'AfterTraining', 'Trained']);
    const message = 'nemo-customizer job cust-1: Training job submitted (not waiting for completion)';
    expect(await finalMetrics()).toMatchObject({ status: 'running', message });
  });

  it('says that nothing is deployed where a deployment was asked for and nobody waits', async () => {
    const { nemo, run, finalMetrics } = await onNemo();
    await run({ wait_for_completion: false, ...DEPLOYS });
    expect((await finalMetrics()).message).toMatch(/not deployed: deploy_on_completion needs wait_for_completion$/);
    expect(nemo.state.deployments.size).toBe(0);
  });

  it('names the model as asked', async () => {
    const { nemo, run } = await onNemo();
    await run({ output_model: 'team/mine@v2' });
    expect(nemo.state.jobs[0]?.body.output_model).toBe('team/mine@v2');
  });
});

describe('a run that cannot be trained on', () => {
  it('says which format is missing', async () => {
    const { nemo, store } = await onNemo();
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url), { lines: 0 });
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
    expect(result).toHaveProperty(
      'cause',
      expect.stringContaining('nemo_customizer dataset of run run-1 has no training line'),
    );
    expect(nemo.calls).toEqual([]);
  });
});
