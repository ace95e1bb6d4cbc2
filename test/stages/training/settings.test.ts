import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { trainingFormats } from '../../../lib/contract/dataset-for-training.ts';
import { TrainingSettings } from '../../../lib/contract/training.ts';
import { plainSecretsAside, refusePlainSecrets } from '../../../lib/stages/training/plan.ts';
import { NAT_HYPERPARAMETERS } from '../../support/nat-defaults.ts';

const MINIMAL = {
  entity_host: 'https://nmp.example.com/',
  datastore_host: 'https://datastore.example.com',
  namespace: 'my-project',
  customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
};
const parsed = (more: object = {}) => TrainingSettings.parse({ nemo_customizer: { ...MINIMAL, ...more } });

describe('training settings', () => {
  it('take a trainer_adapters block of NAT as it stands', () => {
    const block = parse(`
      _type: nemo_customizer_trainer_adapter
      entity_host: https://nmp.example.com
      datastore_host: https://datastore.example.com
      namespace: my-project
      dataset_name: tic-tac-toe
      dataset_output_dir: null
      customization_config: meta/llama-3.2-1b-instruct@v1.0.0+A100
      hyperparameters: { training_type: dpo, epochs: 5, batch_size: 8, dpo: { ref_policy_kl_penalty: 0.2 } }
      use_full_message_history: true
      deploy_on_completion: true
      deployment_config: { image_name: nvcr.io/nim/x, gpu: 2, deployment_name: mine }
      poll_interval_seconds: 0.5
      max_consecutive_status_failures: 10
    `);
    expect(TrainingSettings.parse({ nemo_customizer: block }).nemo_customizer).toMatchObject(block);
  });

  it('have NAT’s defaults', () => {
    expect(parsed().nemo_customizer).toEqual({
      entity_host: 'https://nmp.example.com',
      datastore_host: 'https://datastore.example.com',
      hf_token: '',
      namespace: 'my-project',
      dataset_name: 'nat-dpo',
      dataset_output_dir: null,
      create_namespace_if_missing: true,
      customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
      hyperparameters: NAT_HYPERPARAMETERS,
      use_full_message_history: false,
      deploy_on_completion: false,
      deployment_config: {
        image_name: 'nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b',
        image_tag: 'latest',
        gpu: 1,
        deployment_name: null,
        description: 'Fine-tuned model deployment',
      },
      poll_interval_seconds: 30,
      deployment_timeout_seconds: 1800,
      max_consecutive_status_failures: 3,
      wait_for_completion: true,
      output_model: null,
      auth_secret_arn: null,
      hf_token_secret_arn: null,
    });
  });

  it.each([
    ['an unknown key', { epoch: 3 }],
    ['no status failure at all', { max_consecutive_status_failures: 0 }],
    ['more than ten status failures', { max_consecutive_status_failures: 11 }],
    ['no poll interval', { poll_interval_seconds: 0 }],
    ['a learning rate of zero', { hyperparameters: { learning_rate: 0 } }],
    ['a negative weight', { hyperparameters: { dpo: { sft_loss_weight: -1 } } }],
    ['a deployment without a GPU', { deployment_config: { gpu: 0 } }],
    ['a host that is no URL', { entity_host: 'nmp.example.com' }],
    ['a host of another protocol', { entity_host: 'file:///etc/passwd' }],
    ['credentials in a host', { datastore_host: 'https://me:secret@datastore.example.com' }],
    ['a namespace that leaves its folder', { namespace: '../other' }],
    ['a block of another adapter', { _type: 'openpipe_art_trainer_adapter' }],
    ['a secret in place of its name', { auth_secret_arn: 'sk-plain-token' }],
    ['a token in place of its secret’s name', { hf_token_secret_arn: 'hf_plain' }],
  ])('refuse %s', (_, more) => {
    expect(() => parsed(more)).toThrow(z.ZodError);
  });

  it('name exactly one trainer', () => {
    expect(() => TrainingSettings.parse({})).toThrow('exactly one trainer');
    expect(() => TrainingSettings.parse({ nemo_customizer: MINIMAL, event_bridge: {} })).toThrow('exactly one trainer');
  });

  it('say which dataset format their trainer reads', () => {
    expect(trainingFormats(parsed())).toEqual(['nemo_customizer']);
    expect(trainingFormats(TrainingSettings.parse({ event_bridge: {} }))).toEqual([]);
  });

  it('have a JSON Schema', () => {
    expect(z.toJSONSchema(TrainingSettings, { io: 'input' })).toHaveProperty('properties.nemo_customizer');
  });

  it('refuse a plain token with the way out, and without showing it', () => {
    const refusal = () => refusePlainSecrets(parsed({ hf_token: 'hf_abc' }));
    expect(refusal).toThrow('hf_token_secret_arn');
    expect(refusal).not.toThrow('hf_abc');
    expect(() => refusePlainSecrets(parsed())).not.toThrow();
  });

  it('put a plain token aside for a run on one’s own machine', () => {
    const { training, environment } = plainSecretsAside(parsed({ hf_token: 'hf_abc' }));
    expect(JSON.stringify(training)).not.toContain('hf_abc');
    expect(training.nemo_customizer).toMatchObject({ hf_token: '', hf_token_secret_arn: 'env:DPO_TRAINING_HF_TOKEN' });
    expect(environment).toEqual({ DPO_TRAINING_HF_TOKEN: 'hf_abc' });
  });
});
