import * as z from 'zod';
import { withoutEndSlashes } from './end-slashes.ts';
import { isPlainUrl } from './plain-url.ts';
import { SecretName } from './secret-name.ts';

/**
 * What to do with the committed dataset. Left out, nothing: training is off unless asked for. The keys, defaults and
 * checks of `nemo_customizer` are those of NAT's `nemo_customizer_trainer_adapter`, then ours.
 */

/** A base URL: no credentials in it (they would end in logs), no slash at its end. On AWS one of `allowedEndpoints`. */
const Host = z
  .url({ protocol: /^https?$/, error: 'must be a base URL such as https://nemo.example.com' })
  .refine(isPlainUrl, 'must have no user, query or fragment: name a secret by auth_secret_arn')
  .overwrite(withoutEndSlashes);

/** A path segment of the services' own URLs: it can neither leave its folder nor add one. */
const EntityName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'must be letters, digits, "_", "-" or ".", beginning with a letter or digit');

/** With its schedule of the learning rate. */
const Optimizer = z.enum([
  'adam_with_cosine_annealing',
  'adam_with_flat_lr',
  'adamw_with_cosine_annealing',
  'adamw_with_flat_lr',
]);

/** How a job is followed: the same for every trainer that can be asked for a job's status. */
const following = {
  /** `false`: submit the job and end. */
  wait_for_completion: z.boolean().default(true),
  deploy_on_completion: z.boolean().default(false),
  /** Seconds between status checks; more for long jobs. */
  poll_interval_seconds: z.number().positive().default(30),
  /** Seconds until a deployment must be ready. */
  deployment_timeout_seconds: z.number().positive().default(1800),
  /** Status checks in a row until the job is lost. */
  max_consecutive_status_failures: z.int().min(1).max(10).default(3),
  /** The model's name; null: the run's. */
  output_model: z.string().min(1).nullable().default(null),
  /** Holds a bearer token or a JSON object of headers: an ARN of Secrets Manager, or `env:NAME` on your machine. */
  auth_secret_arn: SecretName,
};

export const NemoCustomizer = z.strictObject({
  /** NAT's: not used. */
  _type: z.literal('nemo_customizer_trainer_adapter').optional(),
  entity_host: Host,
  datastore_host: Host,
  /** Plain text: only on your machine, never stored. */
  hf_token: z.string().default(''),
  namespace: EntityName,
  dataset_name: EntityName.default('nat-dpo'),
  /** NAT's: not used. */
  dataset_output_dir: z.string().nullable().default(null),
  create_namespace_if_missing: z.boolean().default(true),
  /** Such as `meta/llama-3.2-1b-instruct@v1.0.0+A100`. */
  customization_config: z.string().min(1),
  hyperparameters: z
    .strictObject({
      training_type: z.enum(['sft', 'dpo']).default('dpo'),
      finetuning_type: z.enum(['lora', 'lora_merged', 'all_weights']).default('all_weights'),
      epochs: z.int().min(1).default(3),
      batch_size: z.int().min(1).default(4),
      learning_rate: z.number().positive().default(5e-5),
      dpo: z
        .strictObject({
          ref_policy_kl_penalty: z.number().min(0).default(0.1),
          preference_loss_weight: z.number().min(0).default(1),
          preference_average_log_probs: z.boolean().default(false),
          sft_loss_weight: z.number().min(0).default(0),
          max_grad_norm: z.number().positive().optional(),
          sft_average_log_probs: z.boolean().optional(),
        })
        .prefault({}),
      /** Of `finetuning_type` `lora` and `lora_merged`. */
      lora: z
        .strictObject({
          /** A power of two. */
          adapter_dim: z.int().min(1).optional(),
          alpha: z.int().min(1).optional(),
          adapter_dropout: z.number().min(0).max(1).optional(),
          target_modules: z.array(z.string().min(1)).min(1).optional(),
        })
        .optional(),
      // The customizer's own from here on: NAT sets none of them, and what is left out is the customizer's to choose.
      max_steps: z.int().min(1).optional(),
      seed: z.int().min(0).optional(),
      warmup_steps: z.int().min(0).optional(),
      weight_decay: z.number().min(0).optional(),
      min_learning_rate: z.number().min(0).optional(),
      optimizer: Optimizer.optional(),
      adam_beta1: z.number().min(0).max(1).optional(),
      adam_beta2: z.number().min(0).max(1).optional(),
      log_every_n_steps: z.int().min(1).optional(),
      /** Batches, or a share of an epoch. */
      val_check_interval: z.number().positive().optional(),
      sequence_packing_enabled: z.boolean().optional(),
    })
    .prefault({}),
  /** As `dataset.use_full_message_history`. */
  use_full_message_history: z.boolean().default(false),
  deployment_config: z
    .strictObject({
      image_name: z.string().min(1).default('nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b'),
      image_tag: z.string().min(1).default('latest'),
      gpu: z.int().min(1).default(1),
      /** Null: the run's name. */
      deployment_name: EntityName.nullable().default(null),
      description: z.string().default('Fine-tuned model deployment'),
    })
    .prefault({}),
  ...following,
  /** Of the datastore. Left out: `auth_secret_arn`, if both have one origin. */
  hf_token_secret_arn: SecretName,
});
export type NemoCustomizer = z.infer<typeof NemoCustomizer>;

/** NeMo Platform: nothing is uploaded, a file set points at the run's folder in the collections bucket. */
export const NemoPlatform = z.strictObject({
  host: Host,
  workspace: EntityName.default('default'),
  /** The model entity to train: `name` or `workspace/name`. */
  model: z.string().min(1),
  // Those of the platform's DPO training; what is left out takes the platform's own default.
  hyperparameters: z
    .strictObject({
      epochs: z.int().min(1).optional(),
      batch_size: z.int().min(1).optional(),
      micro_batch_size: z.int().min(1).optional(),
      learning_rate: z.number().positive().optional(),
      max_seq_length: z.int().min(1).optional(),
      ref_policy_kl_penalty: z.number().min(0).optional(),
      preference_loss_weight: z.number().min(0).optional(),
      sft_loss_weight: z.number().min(0).optional(),
      preference_average_log_probs: z.boolean().optional(),
      sft_average_log_probs: z.boolean().optional(),
      max_grad_norm: z.number().min(0).optional(),
      /** Ends the training, whatever `epochs` is. */
      max_steps: z.int().min(1).optional(),
      seed: z.int().min(0).optional(),
      warmup_steps: z.int().min(0).optional(),
      weight_decay: z.number().min(0).optional(),
      min_learning_rate: z.number().min(0).optional(),
      optimizer_type: Optimizer.optional(),
      adam_beta1: z.number().min(0).lt(1).optional(),
      adam_beta2: z.number().min(0).lt(1).optional(),
      adam_eps: z.number().positive().optional(),
      /** Steps, or a share of an epoch (up to 1). */
      val_check_interval: z.number().positive().optional(),
      val_at_end: z.boolean().optional(),
      /** Checkpoints to keep, the best ones. */
      keep_top_k: z.int().min(1).optional(),
      activation_checkpointing: z.boolean().optional(),
      /** The platform's profile for the GPU step. */
      execution_profile: z.string().min(1).optional(),
      parallelism: z
        .strictObject({
          num_nodes: z.int().min(1).optional(),
          num_gpus_per_node: z.int().min(1).optional(),
          tensor_parallel_size: z.int().min(1).optional(),
          pipeline_parallel_size: z.int().min(1).optional(),
          context_parallel_size: z.int().min(1).optional(),
          sequence_parallel: z.boolean().optional(),
        })
        .optional(),
    })
    .prefault({}),
  /** How the platform reaches the bucket; secrets by their names there. */
  storage: z
    .strictObject({
      region: z.string().min(1).nullable().default(null),
      endpoint_url: Host.nullable().default(null),
      access_key_id_secret: z.string().min(1).nullable().default(null),
      secret_access_key_secret: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
  deployment_config: z
    .strictObject({
      engine: z.enum(['nim', 'vllm']).default('vllm'),
      image_name: z.string().min(1).default('vllm/vllm-openai'),
      image_tag: z.string().min(1).default('latest'),
      gpu: z.int().min(1).default(1),
      deployment_name: EntityName.nullable().default(null),
      description: z.string().default('Fine-tuned model deployment'),
    })
    .prefault({}),
  ...following,
});
export type NemoPlatform = z.infer<typeof NemoPlatform>;

/** Everybody else's trainer: an event says where the dataset is. */
export const EventBridge = z.strictObject({
  /** Name or ARN. */
  event_bus: z.string().min(1).default('default'),
});
export type EventBridge = z.infer<typeof EventBridge>;

/** Exactly one trainer. */
export const TrainingSettings = z
  .strictObject({
    nemo_customizer: NemoCustomizer.optional(),
    nemo_platform: NemoPlatform.optional(),
    event_bridge: EventBridge.optional(),
  })
  .refine(
    (training) => Object.values(training).filter((trainer) => trainer !== undefined).length === 1,
    'must name exactly one trainer: nemo_customizer, nemo_platform or event_bridge',
  );
export type TrainingSettings = z.infer<typeof TrainingSettings>;
