import { createServer } from 'node:http';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { commitRun } from '../../support/committed-run.ts';
import { type NemoServer, startNemo } from '../../support/nemo-server.ts';
import { clock, newStore, runTraining } from '../../support/training-run.ts';

let nemo: NemoServer;
let store: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  store = newStore();
});
afterEach(() => nemo.close());

describe('NeMo Platform', () => {
  const settings = (more: object = {}) => ({ nemo_platform: { host: nemo.url, model: 'llama', ...more } });
  const COMPLETES = [
    { status: 'queued', steps: [] },
    { status: 'active', steps: [trainingStep({ step: 30, max_steps: 120, epoch: 1 })] },
    { status: 'completed', steps: [trainingStep({ step: 120, max_steps: 120, epoch: 3 })] },
  ];
  beforeEach(() => {
    nemo.state.script = COMPLETES;
    nemo.state.deploymentScript = ['PENDING', 'READY'];
  });

  it('uploads nothing: the file set is the run’s folder, and the job trains on it and is deployed', async () => {
    const hyperparameters = {
      ...{ epochs: 1, ref_policy_kl_penalty: 0.1, preference_average_log_probs: true, sft_average_log_probs: true },
      ...{ max_grad_norm: 1, max_steps: 9, seed: 1, warmup_steps: 2, weight_decay: 0, min_learning_rate: 0 },
      ...{ optimizer_type: 'adamw_with_flat_lr', adam_beta1: 0.9, adam_beta2: 0.99, adam_eps: 1e-8 },
      ...{ val_check_interval: 0.5, val_at_end: false, keep_top_k: 2, activation_checkpointing: true },
      execution_profile: 'large',
      parallelism: { num_nodes: 2, context_parallel_size: 2, sequence_parallel: true },
    };
    const { input } = await commitRun(store, 'run-1', settings({ deploy_on_completion: true, hyperparameters }));
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'completed', progress: 100 } } });

    const { state } = nemo;
    const [name] = state.filesets.keys();
    expect(name).toMatch(/^dpo-run-1-[0-9a-f]{8}$/);
    expect([...state.filesets.values()]).toEqual([
      {
        name,
        description: expect.stringContaining('run-1'),
        purpose: 'dataset',
        storage: { type: 's3', bucket: 'collections', prefix: 'runs/run-1/datasets/nemo_platform' },
      },
    ]);
    expect(state.jobs.map(({ body }) => body)).toEqual([
      {
        spec: {
          model: 'default/llama',
          dataset: `default/${name}`,
          training: { type: 'dpo', ...hyperparameters },
          output: { name },
        },
      },
    ]);
    expect([...state.configs.values()]).toMatchObject([
      { engine: 'vllm', model_spec: { model_namespace: 'default', model_name: name } },
    ]);
    expect(state.deployments.size).toBe(1);
    const lines = new TextDecoder()
      .decode(await readAll(store, 'runs/run-1/training.jsonl'))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).progress)).toEqual([null, null, 25, 100, null, null]);
  });

  it('says that it cannot read a run on one’s own machine', async () => {
    const { input } = await commitRun(store, 'run-1', settings());
    const { result } = await runTraining(input, store, clock(), { location: { bucket: 'file:///out', prefix: '' } });
    expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
    expect(result).toHaveProperty('cause', expect.stringContaining('--out s3://'));
  });
});

function trainingStep(status_details: object) {
  return { name: 'dpo-training', tasks: [{ status_details }] };
}

describe('EventBridge', () => {
  it('publishes where the dataset is, and leaves it at that', async () => {
    const { input } = await commitRun(store, 'run-1', { event_bridge: { event_bus: 'trainers' } });
    const bus = await startBus('{"FailedEntryCount":0,"Entries":[{"EventId":"event-1"}]}');
    const location = { bucket: 'collections', prefix: 'team/' };
    const { result, entered } = await runTraining(input, store, clock(), { events: bus.client, location });
    expect(result).toMatchObject({
      status: 'succeeded',
      output: { training: { backend: 'event-bridge', job_id: 'event-1', next: 'done' } },
    });
    expect(entered).toEqual(['SubmitTraining', 'AfterTraining', 'Trained']);
    const [{ Detail, ...entry }] = bus.entries();
    expect(entry).toEqual({ EventBusName: 'trainers', Source: 'dpo-trajectories', DetailType: 'DPO dataset ready' });
    expect(JSON.parse(Detail)).toMatchObject({
      run_id: 'run-1',
      submission_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      manifest: { bucket: 'collections', key: 'team/runs/run-1/manifest.json' },
      datasets: {
        nemo_platform: {
          training: { bucket: 'collections', key: 'team/runs/run-1/datasets/nemo_platform/training.jsonl', lines: 3 },
        },
      },
    });
    await runTraining(input, store, clock(), { events: bus.client, location });
    expect(bus.entries()).toHaveLength(1);
    bus.close();
  });

  it('fails when the bus does not take the event', async () => {
    const { input } = await commitRun(store, 'run-1', { event_bridge: {} });
    const bus = await startBus('{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]}');
    const { result } = await runTraining(input, store, clock(), { events: bus.client });
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerUnavailable' });
    expect(result).toHaveProperty('cause', expect.stringContaining('InternalFailure'));
    bus.close();
  });
});

/** EventBridge's one call over HTTP: each request's entry, and one answer for all. */
async function startBus(answer: string) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const client = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    client: () => client,
    entries: () => bodies.flatMap((body) => JSON.parse(body).Entries),
    close: () => {
      client.destroy();
      server.close();
    },
  };
}
