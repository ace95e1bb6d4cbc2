import * as z from 'zod';
import type { NemoPlatform } from '../../lib/contract/training.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { TrainerRefused } from '../../lib/stages/training/errors.ts';
import {
  deploymentStatus,
  jobStatus,
  PLATFORM_DEPLOYMENT_WORDS,
  PLATFORM_WORDS,
} from '../../lib/stages/training/job-status.ts';
import { filesOf } from '../../lib/stages/training/submission.ts';
import type {
  DatasetLocation,
  Deployment,
  Following,
  Submission,
  SubmittedJob,
  Trainer,
} from '../../lib/stages/training/trainer.ts';
import type { WayOut } from '../http/way-out.ts';
import { type Api, jsonApi } from './api.ts';
import { findListed, refuseTaken } from './nemo-jobs.ts';

export interface NemoPlatformDeps extends Pick<WayOut, 'http' | 'credentials'> {
  /** What the platform reads by itself. */
  readonly location: DatasetLocation;
}

/** NeMo Platform over REST: a file set over the run's own folder in S3, and a DPO job of the `rl` backend on it. */
export async function nemoPlatform(
  settings: NemoPlatform,
  { http, location, credentials }: NemoPlatformDeps,
): Promise<Trainer> {
  const { host, auth_secret_arn: secret } = settings;
  const setting = 'training.nemo_platform.auth_secret_arn';
  const api = jsonApi({ http, host, credentials: await credentials({ secret, setting, endpoint: host }) });
  return {
    backend: 'nemo-platform',
    prepare: (submission) => createFileSet(settings, submission, location, api),
    find: (submission) => findJob(settings, submission, api),
    submit: (submission) => createJob(settings, submission, api),
    following: following(settings, api),
  };
}

async function createFileSet(
  settings: NemoPlatform,
  submission: Submission,
  { bucket, prefix }: DatasetLocation,
  api: Api,
): Promise<void> {
  const { workspace, storage } = settings;
  if (bucket.startsWith('file:')) {
    throw new InvalidRequest(
      'NeMo Platform reads the dataset from S3. Write the run to S3 (--out s3://bucket/prefix).',
    );
  }
  await api.post(
    `/apis/files/v2/workspaces/${workspace}/filesets`,
    {
      name: submission.name,
      description: submission.description,
      purpose: 'dataset',
      storage: { type: 's3', bucket, prefix: prefix + folderOf(submission), ...given(storage) },
    },
    z.unknown(),
  );
}

/** The folder of `training.jsonl` and `validation.jsonl`. */
function folderOf(submission: Submission): string {
  const [file] = filesOf(submission, 'nemo_platform');
  return file ? file.key.slice(0, file.key.lastIndexOf('/')) : '';
}

const given = (settings: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));

/** Older versions wrap the job. */
const Job = z
  .looseObject({
    name: z.string().optional(),
    job: z.looseObject({ name: z.string() }).optional(),
    spec: z.looseObject({ output: z.looseObject({ name: z.string().nullish() }).nullish() }).nullish(),
  })
  .transform(({ name, job, spec }) => ({ name: name ?? job?.name, output: spec?.output?.name ?? undefined }));

async function createJob(settings: NemoPlatform, submission: Submission, api: Api): Promise<SubmittedJob> {
  const { workspace, model, hyperparameters } = settings;
  const output = outputModel(submission);
  const spec = {
    model: model.includes('/') ? model : `${workspace}/${model}`,
    dataset: datasetOf(settings, submission),
    training: { type: 'dpo', ...hyperparameters },
    output: { name: output },
  };
  const job = await api.post(jobsOf(settings), { spec }, Job);
  if (job !== 'exists') return submitted(job.name, settings, submission);
  const found = await findJob(settings, submission, api);
  return found ?? refuseTaken(settings.host, 'nemo_platform', output);
}

const outputModel = (submission: Submission) => submission.output_model ?? submission.name;
const datasetOf = ({ workspace }: NemoPlatform, { name }: Submission) => `${workspace}/${name}`;

function submitted(name: string | undefined, settings: NemoPlatform, submission: Submission): SubmittedJob {
  if (name === undefined)
    throw new TrainerRefused(`${settings.host} accepted the job but returned no name for it. Look for the job there.`);
  return { job_id: name, output_model: outputModel(submission), dataset: datasetOf(settings, submission) };
}

const Listed = z.looseObject({ name: z.string(), spec: z.looseObject({ dataset: z.unknown() }).nullish() });

/** The platform names its jobs itself; the file set is this submission's own, and so is the job on it. */
async function findJob(settings: NemoPlatform, submission: Submission, api: Api): Promise<SubmittedJob | undefined> {
  const dataset = datasetOf(settings, submission);
  const isIt = ({ spec }: z.infer<typeof Listed>) =>
    spec?.dataset === dataset || spec?.dataset === `fileset://${dataset}`;
  const job = await findListed(api, jobsOf(settings), Listed, isIt);
  return job && submitted(job.name, settings, submission);
}

const jobsOf = ({ workspace }: NemoPlatform) => `/apis/customization/v2/workspaces/${workspace}/rl/jobs`;

const Details = z.looseObject({
  step: z.number().nullish(),
  max_steps: z.number().nullish(),
  epoch: z.number().nullish(),
});
const Status = z.looseObject({
  status: z.string(),
  error_details: z.looseObject({ message: z.string().nullish() }).nullish(),
  steps: z
    .array(
      z.looseObject({
        name: z.string(),
        tasks: z.array(z.looseObject({ status_details: Details.nullish() })).nullish(),
      }),
    )
    .nullish(),
});
const DeploymentAnswer = z.looseObject({ status: z.string(), status_message: z.string().nullish() });

function following(settings: NemoPlatform, api: Api): Following {
  const { workspace, deployment_config } = settings;
  const models = `/apis/models/v2/workspaces/${workspace}`;
  return {
    async status(jobId) {
      const path = `/apis/jobs/v2/workspaces/${workspace}/jobs/${encodeURIComponent(jobId)}/status`;
      const seen = await api.get(path, Status);
      const training = seen.steps?.find(({ name }) => TRAINING_STEPS.has(name))?.tasks?.[0]?.status_details;
      const { step, max_steps, epoch } = training ?? {};
      return {
        ...jobStatus(seen.status, PLATFORM_WORDS),
        progress: typeof step === 'number' && max_steps ? (100 * step) / max_steps : null,
        epochs_completed: epoch ?? null,
        detail: seen.error_details?.message ?? null,
      };
    },
    async deploy({ config_name, name, output_model, description }: Deployment) {
      const { engine, gpu, image_name, image_tag } = deployment_config;
      const config = {
        name: config_name,
        description,
        engine,
        model_spec: { model_namespace: workspace, model_name: output_model },
        executor_config: { gpu, image_name, image_tag },
      };
      await api.post(`${models}/deployment-configs`, config, z.unknown());
      await api.post(`${models}/deployments`, { name, config: config_name }, z.unknown());
    },
    async deploymentStatus({ name }: Deployment) {
      const { status, status_message } = await api.get(
        `${models}/deployments/${encodeURIComponent(name)}`,
        DeploymentAnswer,
      );
      return { ...deploymentStatus(status, PLATFORM_DEPLOYMENT_WORDS), detail: status_message ?? null };
    },
  };
}

const TRAINING_STEPS = new Set(['dpo-training', 'customization-training-job', 'training']);
