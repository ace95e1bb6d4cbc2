import * as z from 'zod';
import type { NemoCustomizer } from '../../lib/contract/training.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { TrainerRefused } from '../../lib/stages/training/errors.ts';
import {
  CUSTOMIZER_DEPLOYMENT_WORDS,
  CUSTOMIZER_WORDS,
  deploymentStatus,
  jobStatus,
} from '../../lib/stages/training/job-status.ts';
import { filesOf } from '../../lib/stages/training/submission.ts';
import type { Deployment, Following, Submission, SubmittedJob, Trainer } from '../../lib/stages/training/trainer.ts';
import type { Credentials, CredentialsFor } from '../http/endpoint-credentials.ts';
import { originOf } from '../http/guard.ts';
import type { WayOut } from '../http/way-out.ts';
import { type Api, jsonApi } from './api.ts';
import { uploadDataset } from './hub-dataset.ts';
import { findListed, refuseTaken } from './nemo-jobs.ts';

export interface NemoCustomizerDeps extends WayOut {
  /** Where the committed dataset stands. */
  readonly store: ObjectStore;
}

/** NeMo Customizer over REST, in the order and with the bodies of NAT's adapter. */
export async function nemoCustomizer(settings: NemoCustomizer, deps: NemoCustomizerDeps): Promise<Trainer> {
  const { http, fetch, store } = deps;
  const credentials = await credentialsOf(settings, deps.credentials);
  const entity = jsonApi({ http, host: settings.entity_host, credentials: credentials.entity });
  const datastore = jsonApi({ http, host: settings.datastore_host, credentials: credentials.datastore });
  return {
    backend: 'nemo-customizer',
    async prepare(submission) {
      if (settings.create_namespace_if_missing) await ensureNamespaces(settings.namespace, entity, datastore);
      await uploadDataset({
        hubUrl: `${settings.datastore_host}/v1/hf`,
        repo: `${settings.namespace}/${settings.dataset_name}`,
        files: filesOf(submission, 'nemo_customizer').map((file) => ({ ...file, path: REPO_PATHS[file.role] })),
        description: submission.description,
        store,
        fetch,
        credentials: credentials.datastore,
      });
      await registerDataset(settings, submission, entity);
    },
    find: (submission) => findJob(settings, submission, entity),
    submit: (submission) => createJob(settings, submission, entity),
    following: following(settings, entity),
  };
}

/** Each host's own; where both are one origin and the datastore has no token of its own, one does for both. */
async function credentialsOf(
  { entity_host, datastore_host, auth_secret_arn, hf_token_secret_arn }: NemoCustomizer,
  credentials: CredentialsFor,
): Promise<{ readonly entity: Credentials; readonly datastore: Credentials }> {
  const entity = await credentials({
    secret: auth_secret_arn,
    setting: 'training.nemo_customizer.auth_secret_arn',
    endpoint: entity_host,
  });
  if (hf_token_secret_arn === null && originOf(datastore_host) === originOf(entity_host)) {
    return { entity, datastore: entity };
  }
  const datastore = await credentials({
    secret: hf_token_secret_arn,
    setting: 'training.nemo_customizer.hf_token_secret_arn',
    endpoint: datastore_host,
  });
  return { entity, datastore };
}

/** Where the customizer looks for a dataset's files. */
const REPO_PATHS: Readonly<Record<string, string>> = {
  training: 'training/training_file.jsonl',
  validation: 'validation/validation_file.jsonl',
};

async function ensureNamespaces(namespace: string, entity: Api, datastore: Api): Promise<void> {
  try {
    await entity.post(
      '/v1/namespaces',
      { id: namespace, description: `NAT finetuning namespace: ${namespace}` },
      z.unknown(),
    );
    await datastore.postForm('/v1/datastore/namespaces', { namespace });
  } catch (error) {
    if (!(error instanceof TrainerRefused)) throw error;
    throw new TrainerRefused(
      `${error.message}. The namespace ${namespace} cannot be created: have it created and set training.nemo_customizer.create_namespace_if_missing to false.`,
      { cause: error },
    );
  }
}

async function registerDataset(settings: NemoCustomizer, { description }: Submission, entity: Api): Promise<void> {
  const { namespace, dataset_name: name } = settings;
  const dataset = { name, namespace, files_url: `hf://datasets/${namespace}/${name}`, description };
  await entity.post('/v1/datasets', dataset, z.unknown());
}

const Job = z.looseObject({ id: z.string().min(1), output_model: z.string().nullish() });

async function createJob(settings: NemoCustomizer, submission: Submission, entity: Api): Promise<SubmittedJob> {
  const job = await entity.post(
    '/v1/customization/jobs',
    {
      config: settings.customization_config,
      dataset: { name: settings.dataset_name, namespace: settings.namespace },
      hyperparameters: settings.hyperparameters,
      output_model: outputModel(settings, submission),
      description: submission.description,
    },
    Job,
  );
  if (job !== 'exists') return submitted(job, settings, submission);
  const found = await findJob(settings, submission, entity);
  return found ?? refuseTaken(settings.entity_host, 'nemo_customizer', outputModel(settings, submission));
}

const outputModel = (settings: NemoCustomizer, submission: Submission) =>
  submission.output_model ?? `${settings.namespace}/${submission.name}`;

const submitted = (job: z.infer<typeof Job>, settings: NemoCustomizer, submission: Submission): SubmittedJob => ({
  job_id: job.id,
  output_model: job.output_model ?? outputModel(settings, submission),
  dataset: settings.dataset_name,
});

/** The description distinguishes this submission's job from any other, even one with the same output_model. */
async function findJob(
  settings: NemoCustomizer,
  submission: Submission,
  entity: Api,
): Promise<SubmittedJob | undefined> {
  const Listed = Job.extend({ description: z.string().nullish() });
  const isIt = ({ description }: z.infer<typeof Listed>) => description === submission.description;
  const job = await findListed(entity, '/v1/customization/jobs', Listed, isIt);
  return job && submitted(job, settings, submission);
}

const Status = z.looseObject({
  status: z.string(),
  percentage_done: z.number().nullish(),
  epochs_completed: z.number().nullish(),
  status_logs: z.array(z.looseObject({ message: z.string().nullish(), detail: z.string().nullish() })).nullish(),
});

const DeploymentAnswer = z.looseObject({
  status_details: z.looseObject({ status: z.string(), description: z.string().nullish() }).nullish(),
});

function following(settings: NemoCustomizer, entity: Api): Following {
  const { namespace, deployment_config } = settings;
  return {
    async status(jobId) {
      const seen = await entity.get(`/v1/customization/jobs/${encodeURIComponent(jobId)}/status`, Status);
      const log = seen.status_logs?.at(-1);
      return {
        ...jobStatus(seen.status, CUSTOMIZER_WORDS),
        progress: seen.percentage_done ?? null,
        epochs_completed: seen.epochs_completed ?? null,
        detail: log?.detail ?? log?.message ?? null,
      };
    },
    async deploy({ config_name, name, output_model, description }: Deployment) {
      const { image_name, image_tag, gpu } = deployment_config;
      const nim_deployment = { image_name, image_tag, gpu };
      const config = { name: config_name, namespace, description, model: output_model, nim_deployment };
      await entity.post('/v1/deployment/configs', config, z.unknown());
      const deployment = { name, namespace, description, config: `${namespace}/${config_name}` };
      await entity.post('/v1/deployment/model-deployments', deployment, z.unknown());
    },
    async deploymentStatus({ name }: Deployment) {
      const path = `/v1/deployment/model-deployments/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
      const { status_details } = await entity.get(path, DeploymentAnswer);
      return {
        ...deploymentStatus(status_details?.status ?? 'unknown', CUSTOMIZER_DEPLOYMENT_WORDS),
        detail: status_details?.description ?? null,
      };
    },
  };
}
