import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectStore, readAll } from '../../lib/store.ts';
import { commitRun } from '../support/committed-run.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { clock, newStore, runTraining } from './training-run.ts';

let nemo: NemoServer;
let store: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  store = newStore();
});
afterEach(() => nemo.close());

const settings = (more: object = {}) => ({
  nemo_customizer: {
    entity_host: nemo.url,
    datastore_host: `${nemo.url}/`,
    namespace: 'team',
    customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
    ...more,
  },
});
const DEPLOYS = { deploy_on_completion: true };

async function run(more: object = {}) {
  const { input } = await commitRun(store, 'run-1', settings(more));
  return runTraining(input, store);
}
const textOf = async (key: string) => new TextDecoder().decode(await readAll(store, key));
const finalMetrics = async () => JSON.parse(await textOf('runs/run-1/final_metrics.json'));
const progressLines = async () =>
  (await textOf('runs/run-1/training.jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('from the committed dataset to a ready deployment', () => {
  it('creates namespaces, dataset, job, configuration and deployment with the bodies of NAT', async () => {
    const { files } = await commitRun(store, 'run-1', settings());
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
        hyperparameters: {
          training_type: 'dpo',
          finetuning_type: 'all_weights',
          epochs: 3,
          batch_size: 4,
          learning_rate: 5e-5,
          dpo: {
            ref_policy_kl_penalty: 0.1,
            preference_loss_weight: 1,
            preference_average_log_probs: false,
            sft_loss_weight: 0,
          },
        },
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
        nim_deployment: { image_name: 'nvcr.io/nim/meta/llama-3.1-8b-instruct', image_tag: 'latest', gpu: 1 },
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

  it('writes the final metrics of NAT’s trainer and a progress line wherever something changed', async () => {
    await run(DEPLOYS);
    const model = nemo.state.jobs[0]?.body.output_model;
    expect(await finalMetrics()).toEqual({
      run_id: 'run-1',
      timestamp: '2026-01-01T00:00:00.000Z',
      status: 'completed',
      message: expect.stringMatching(/^nemo-customizer job cust-1: deployment nat-deployment-dpo-run-1-\S+: ready/),
      progress: 100,
      num_collection_runs: 1,
      total_trajectory_groups: 3,
      collection_summary: { total_trajectories: 3, total_dpo_pairs: 3, avg_reward: 0.5 },
      job_metadata: { job_id: 'cust-1', output_model: model, dataset_name: 'nat-dpo' },
    });
    const lines = await progressLines();
    expect(lines.map((line) => [line.phase, line.status, line.progress, line.epochs_completed])).toEqual([
      ['training', 'pending', null, null],
      ['training', 'pending', null, null],
      ['training', 'running', null, null],
      ['training', 'running', 40, 1],
      ['training', 'completed', 100, 3],
      ['deployment', 'deploying', null, null],
      ['deployment', 'ready', null, null],
    ]);
  });

  it('says the same thing once, however often it is seen', async () => {
    nemo.state.script = [...Array(20).fill({ status: 'running', percentage_done: 10 }), { status: 'completed' }];
    const { waits } = await run();
    expect(waits).toHaveLength(21);
    expect((await progressLines()).map(({ status }) => status)).toEqual(['pending', 'running', 'completed']);
  });

  it('passes less than 4 KiB from state to state', async () => {
    nemo.state.script = [
      { status: 'r'.repeat(5000), status_logs: [{ message: 'x'.repeat(5000) }] },
      { status: 'completed', status_logs: [{ message: 'y'.repeat(5000) }] },
    ];
    const { largest } = await run(DEPLOYS);
    expect(largest).toBeLessThan(4096);
  });

  it('takes what is there already: namespaces, repo, dataset, configuration, deployment', async () => {
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
    await run({ create_namespace_if_missing: false });
    expect(nemo.state.namespaces.size).toBe(0);
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('ends after the submission when nobody waits, and says so in NAT’s words', async () => {
    const { result, entered } = await run({ wait_for_completion: false });
    expect(result.status).toBe('succeeded');
    expect(entered).toEqual(['SubmitTraining', 'AfterTraining', 'Trained']);
    const message = 'nemo-customizer job cust-1: Training job submitted (not waiting for completion)';
    expect(await finalMetrics()).toMatchObject({ status: 'running', message });
  });

  it('names the model as asked', async () => {
    await run({ output_model: 'team/mine@v2' });
    expect(nemo.state.jobs[0]?.body.output_model).toBe('team/mine@v2');
  });

  it('sends the dataset in the commit where the datastore wants it so', async () => {
    nemo.state.uploadMode = 'regular';
    const { result } = await run();
    expect(result.status).toBe('succeeded');
    expect(nemo.state.repos.get('team/nat-dpo')?.size).toBe(2);
    expect(nemo.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('streams a file that is too large to be hashed at once', async () => {
    const { input, files } = await commitRun(store, 'run-1', settings(), 200_000);
    expect(files.training?.length).toBeGreaterThan(10_000_000);
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
    const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
    expect(uploaded?.equals(Buffer.from(files.training ?? ''))).toBe(true);
  });
});

describe('following the job', () => {
  it('rides out 503s and HTML error pages, waiting 1.5 times longer after each', async () => {
    const status = /jobs\/cust-1\/status/;
    nemo.misbehave(status, { status: 503, body: 'busy' });
    nemo.misbehave(status, { status: 200, body: '<html><title>Bad Gateway</title></html>', type: 'text/html' });
    const { result, waits } = await run({ poll_interval_seconds: 20 });
    expect(result.status).toBe('succeeded');
    expect(waits).toEqual([20, 30, 45, 20, 20, 20]);
    expect((await progressLines())[2]?.message).toContain('an HTML page titled "Bad Gateway"');
  });

  it('counts the job as lost after too many failures in a row, and follows the same job on when started again', async () => {
    nemo.misbehave(/jobs\/cust-1\/status/, 'reset', 3);
    const lost = await run(DEPLOYS);
    expect(lost.result).toMatchObject({ status: 'failed', error: 'TrainingLost' });
    expect(lost.result).toHaveProperty(
      'cause',
      expect.stringMatching(/job cust-1 could not be read 3 times in a row.*same run_id/s),
    );
    expect(await finalMetrics()).toMatchObject({ status: 'failed' });

    const again = await run(DEPLOYS);
    expect(again.result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
    expect(await finalMetrics()).toMatchObject({ status: 'completed' });
  });

  it('starts counting failures anew after each status that was read', async () => {
    nemo.state.script = [{ status: 'running' }, { status: 'running' }, { status: 'completed' }];
    const status = /jobs\/cust-1\/status/;
    const { input } = await commitRun(store, 'run-1', settings({ max_consecutive_status_failures: 2 }));
    nemo.misbehave(status, { status: 500, body: '' });
    // The second request is let through: the fault matches the third.
    let seen = 0;
    nemo.misbehave({ test: (call: string) => status.test(call) && ++seen === 2 }, 'reset');
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
  });

  it('takes a status that it does not know for running, and says so', async () => {
    nemo.state.script = [{ status: 'ready' }, { status: 'hibernating' }, { status: 'COMPLETED' }];
    const { result } = await run();
    expect(result.status).toBe('succeeded');
    const lines = await progressLines();
    expect(lines.map((line) => [line.status, line.reported_status])).toEqual([
      ['pending', null],
      ['running', 'ready'],
      ['running', 'hibernating'],
      ['completed', 'COMPLETED'],
    ]);
    expect(lines[2]?.message).toContain('a status not known here');
  });

  it('ends a job that fails at 40 % as a failure that names the job and the next step', async () => {
    nemo.state.script = [
      { status: 'running', percentage_done: 40 },
      { status: 'failed', percentage_done: 40, status_logs: [{ message: 'Failed', detail: 'CUDA out of memory' }] },
    ];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingFailed' });
    expect(result).toHaveProperty(
      'cause',
      expect.stringMatching(/job cust-1: Status: failed, 40 % done: CUDA out of memory.*new run_id/s),
    );
    expect(await finalMetrics()).toMatchObject({ status: 'failed', progress: 40 });
    expect(nemo.state.deployments.size).toBe(0);
  });

  it('ends a cancelled job without failing where nothing was to be deployed', async () => {
    nemo.state.script = [{ status: 'cancelled', percentage_done: null }];
    const { result } = await run();
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'canceled', next: 'done' } } });
    expect(await finalMetrics()).toMatchObject({ status: 'canceled', progress: null });
  });

  it('fails for a cancelled job whose model was to be deployed', async () => {
    nemo.state.script = [{ status: 'canceled', percentage_done: 12.5 }];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingCanceled' });
    expect(result).toHaveProperty('cause', expect.stringMatching(/cust-1.*12\.5 % done.*what canceled the job/s));
    expect(await finalMetrics()).toMatchObject({ status: 'canceled', progress: 12.5 });
  });
});

describe('deploying', () => {
  it('gives up on a deployment that is never ready, and waits on for the same one when started again', async () => {
    nemo.state.deploymentScript = ['pending'];
    const late = await run({ ...DEPLOYS, poll_interval_seconds: 30, deployment_timeout_seconds: 100 });
    expect(late.result).toMatchObject({ status: 'failed', error: 'DeploymentTimedOut' });
    expect(late.result).toHaveProperty(
      'cause',
      expect.stringMatching(/nat-deployment-dpo-run-1-.*not ready within 100 seconds.*same run_id/s),
    );
    expect(late.entered.filter((state) => state === 'WaitForDeployment')).toHaveLength(4);

    nemo.state.deploymentScript = ['ready'];
    const { result } = await run({ ...DEPLOYS, deployment_timeout_seconds: 100 });
    expect(result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
    expect(nemo.state.deployments.size).toBe(1);
  });

  it('fails with a deployment that fails', async () => {
    nemo.state.deploymentScript = ['pending', 'failed'];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'DeploymentFailed' });
    expect(result).toHaveProperty('cause', expect.stringContaining('pod 1 of 1'));
  });

  it('looks again after looks that fail', async () => {
    nemo.misbehave(/GET .*model-deployments/, { status: 503, body: '<html></html>', type: 'text/html' }, 5);
    const { result } = await run(DEPLOYS);
    expect(result.status).toBe('succeeded');
  });
});

describe('one job, whatever happens to its submission', () => {
  const JOBS = /POST \/v1\/customization\/jobs/;

  it.each([
    ['whose answer is lost', 'lost' as const],
    ['that breaks before it arrives', 'reset' as const],
    ['that a proxy answers with 502', { status: 502, body: '<html></html>', type: 'text/html' }],
  ])('finds or submits again after a request %s', async (_, how) => {
    nemo.misbehave(JOBS, how);
    const { result } = await run();
    expect(result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('does not ask again while the lost request may still be under way', async () => {
    nemo.misbehave(JOBS, 'reset');
    const { input } = await commitRun(store, 'run-1', settings());
    const standing = clock();
    const { result, entered } = await runTraining(input, store, { ...standing, turn: () => {} });
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingSubmitPending' });
    expect(entered).toEqual(['SubmitTraining', 'Failed']);
    expect(nemo.state.jobs).toHaveLength(0);

    standing.turn(121);
    expect((await runTraining(input, store, standing)).result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('uploads again after an upload that was cut in the middle', async () => {
    nemo.misbehave(/PUT \/lfs/, 'cut');
    const { input, files } = await commitRun(store, 'run-1', settings(), 20_000);
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
    const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
    expect(uploaded?.toString()).toBe(files.training);
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('names what was refused, and submits at once when the cause is mended', async () => {
    nemo.misbehave(JOBS, { status: 422, body: '{"detail":"no such config"}' });
    const { result } = await run();
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringMatching(/customization\/jobs answered 422: .*no such config/));

    const again = await runTraining((await commitRun(store, 'run-1', settings())).input, store, {
      ...clock(),
      turn: () => {},
    });
    expect(again.result.status).toBe('succeeded');
  });

  it('takes no other run’s job for its own, of the same output model either', async () => {
    nemo.state.oneJobAModel = true;
    await run({ output_model: 'team/mine' });
    const { input } = await commitRun(store, 'run-2', settings({ output_model: 'team/mine' }));
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringContaining('another job for output_model team/mine'));
  });

  it('finds the recorded job in a second execution, also when all is over', async () => {
    await run(DEPLOYS);
    const calls = nemo.calls.length;
    const { result } = await run(DEPLOYS);
    expect(result.status).toBe('succeeded');
    expect(nemo.calls.slice(calls).filter((call) => /lfs|hf|customization\/jobs$/.test(call))).toEqual([]);
    expect(nemo.state.jobs).toHaveLength(1);
  });
});

describe('a run that cannot be trained on', () => {
  it('says which format is missing', async () => {
    const { input } = await commitRun(store, 'run-1', settings(), 0);
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
    expect(result).toHaveProperty(
      'cause',
      expect.stringContaining('nemo_customizer dataset of run run-1 has no training line'),
    );
    expect(nemo.calls).toEqual([]);
  });
});
