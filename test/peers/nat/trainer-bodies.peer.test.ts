import { expect, test } from 'vitest';
import { NemoCustomizer } from '../../../lib/contract/training.ts';
import { commitRun } from '../../support/committed-run.ts';
import { startNemo } from '../../support/nemo-server.ts';
import { newStore, runTraining } from '../../support/training-run.ts';
import { askPython, installSdks, installToolkit } from './toolkit.ts';

const sdks = await installSdks();
const DEPLOYS = { deploy_on_completion: true };

/** Every option that the customizer has for DPO. */
const CUSTOMIZER_OPTIONS = {
  finetuning_type: 'lora_merged',
  epochs: 2,
  batch_size: 8,
  learning_rate: 1e-5,
  dpo: {
    ref_policy_kl_penalty: 0.2,
    preference_loss_weight: 0.5,
    preference_average_log_probs: true,
    sft_loss_weight: 0.1,
    max_grad_norm: 1,
    sft_average_log_probs: true,
  },
  lora: { adapter_dim: 16, alpha: 32, adapter_dropout: 0.1, target_modules: ['linear_qkv'] },
  max_steps: 100,
  seed: 7,
  warmup_steps: 10,
  weight_decay: 0.01,
  min_learning_rate: 1e-6,
  optimizer: 'adamw_with_cosine_annealing',
  adam_beta1: 0.9,
  adam_beta2: 0.99,
  log_every_n_steps: 5,
  val_check_interval: 0.5,
  sequence_packing_enabled: true,
};

test.each([
  ['its defaults', {}],
  ['every option', CUSTOMIZER_OPTIONS],
])('what NeMo Customizer is sent with %s is what its SDK sends', async (_, hyperparameters) => {
  const nemo = await startNemo();
  const store = newStore();
  const settings = {
    entity_host: nemo.url,
    datastore_host: nemo.url,
    namespace: 'team',
    customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
    hyperparameters,
    ...DEPLOYS,
  };
  const { input } = await commitRun(store, 'run-1', { nemo_customizer: settings });
  expect((await runTraining(input, store)).result.status).toBe('succeeded');
  const { jobs, configs, deployments, datasets } = nemo.state;
  const bodies = {
    'nemo_microservices.types:DatasetCreateParams': datasets.get('team/nat-dpo'),
    'nemo_microservices.types.customization:JobCreateParams': jobs[0]?.body,
    'nemo_microservices.types.deployment:ConfigCreateParams': [...configs.values()][0],
    'nemo_microservices.types.deployment:ModelDeploymentCreateParams': [...deployments.values()][0]?.body,
  };
  expect(await wrongWith(bodies)).toEqual(Object.keys(bodies).map((type) => ({ type, wrong: [] })));
  await nemo.close();
});

test('every hyperparameter of the request is tried', () => {
  const { shape } = NemoCustomizer.shape.hyperparameters.unwrap();
  const tried = new Set([...Object.keys(CUSTOMIZER_OPTIONS), 'training_type']);
  expect(new Set(Object.keys(shape))).toEqual(tried);
});

test('what NeMo Platform is sent for its file set and its deployment is what its SDK sends', async () => {
  const nemo = await startNemo();
  const store = newStore();
  nemo.state.script = [{ status: 'completed', steps: [] }];
  nemo.state.deploymentScript = ['READY'];
  const storage = {
    region: 'eu-west-1',
    endpoint_url: 'https://s3.example.com',
    access_key_id_secret: 'team/id',
    secret_access_key_secret: 'team/key',
  };
  const settings = { host: nemo.url, model: 'llama', storage, ...DEPLOYS };
  const { input } = await commitRun(store, 'run-1', { nemo_platform: settings });
  expect((await runTraining(input, store)).result.status).toBe('succeeded');
  const { filesets, configs, deployments } = nemo.state;
  const bodies = {
    'nemo_platform.types.files:FilesetCreateParams': [...filesets.values()][0],
    'nemo_platform.types.inference:DeploymentConfigCreateParams': [...configs.values()][0],
    'nemo_platform.types.inference:DeploymentCreateParams': [...deployments.values()][0]?.body,
  };
  expect(await wrongWith(bodies)).toEqual(Object.keys(bodies).map((type) => ({ type, wrong: [] })));
  await nemo.close();
});

test('a key that an SDK does not have is found at any depth', async () => {
  const job = { config: 'c', dataset: 'd', hyperparameters: { finetuning_type: 'lora', dpo: { beta: 1 } }, epoch: 1 };
  const [{ wrong } = { wrong: [] }] = await wrongWith({
    'nemo_microservices.types.customization:JobCreateParams': job,
  });
  expect(wrong).toEqual(
    expect.arrayContaining([expect.stringContaining('dpo.beta'), expect.stringContaining('epoch: Extra')]),
  );
});

test("what NAT's own adapter sends to the same services is what ours sends, but for names that tell jobs apart", async () => {
  const settings = { hf_token: '', namespace: 'team', customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100' };
  const sentBy = async (submit: (url: string) => Promise<unknown>) => {
    const nemo = await startNemo();
    nemo.state.uploadMode = 'regular';
    await submit(nemo.url);
    const { namespaces, repos, datasets, jobs } = nemo.state;
    await nemo.close();
    const { description: _, ...dataset } = Object(datasets.get('team/nat-dpo'));
    const { output_model: __, description: ___, ...job } = Object(jobs[0]?.body);
    const files = [...(repos.get('team/nat-dpo') ?? [])].map(([path, bytes]) => [
      path,
      bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ]);
    return { namespaces: [...namespaces], files: files.sort(), dataset, job, jobs: jobs.length };
  };
  const ours = await sentBy(async (url) => {
    const store = newStore();
    const nemo_customizer = { entity_host: url, datastore_host: url, wait_for_completion: false, ...settings };
    const { input } = await commitRun(store, 'run-1', { nemo_customizer });
    expect((await runTraining(input, store)).result.status).toBe('succeeded');
  });
  const toolkit = await installToolkit();
  const nats = await sentBy((url) => {
    const of = (prompt: string) => ({
      episode: [{ prompt, chosen_response: 'yes', rejected_response: 'no' }],
      reward: 1,
      shaped_rewards: null,
      metadata: {},
    });
    const trajectories = [['p0', 'p1', 'p2'].map(of), [of('q')]];
    return askPython(toolkit, 'submit.py', [{ url, trajectories, settings: { ...settings, hf_token: 'hf_x' } }]);
  });
  expect(nats.jobs).toBe(1);
  expect(ours).toEqual(nats);
});

async function wrongWith(bodies: Readonly<Record<string, unknown>>) {
  const cases = Object.entries(bodies).map(([type, body]) => ({ type, body: body ?? null }));
  const answers = await askPython(sdks, 'bodies.py', cases);
  return cases.map(({ type }, at) => ({ type, wrong: answers[at] }));
}
