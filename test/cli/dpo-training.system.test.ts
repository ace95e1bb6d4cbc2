import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { dpo } from './dpo-process.ts';

let nemo: NemoServer;
let folder = '';
beforeEach(async () => {
  nemo = await startNemo();
  nemo.state.script = [
    { status: 'running', percentage_done: 40 },
    { status: 'completed', percentage_done: 100 },
  ];
  nemo.state.deploymentScript = ['pending', 'ready'];
  folder = await mkdtemp(join(tmpdir(), 'dpo-training-'));
});
afterEach(async () => {
  await nemo.close();
  await rm(folder, { recursive: true });
});

const SAMPLE = 'examples/tic-tac-toe.json';

test('the sample goes to a ready deployment, ended in every state and started again without a second job', async () => {
  const out = join(folder, 'out');
  const settings = {
    entity_host: nemo.url,
    datastore_host: nemo.url,
    hf_token: 'hf_in-plain-text',
    poll_interval_seconds: 1,
  };
  const set = Object.entries(settings).flatMap(([name, value]) => [
    '--set',
    `training.nemo_customizer.${name}=${value}`,
  ]);
  const request = ['--request', 'examples/training.yaml', ...set, '--run-id', 'r', '--allow-private-endpoint'];
  const args = ['run', SAMPLE, '--out', out, ...request];
  const interrupted = await dpo(args, { interruptAt: /submitted/ });
  expect(interrupted.code).toBe(130);
  for (const killAt of [/Status: running, 40 % done/, /deployment \S+: pending/]) {
    expect(await dpo(args, { killAt })).toMatchObject({ code: null, stderr: expect.stringMatching(killAt) });
  }

  const { code, stdout, stderr } = await dpo(args);
  expect(stderr).toMatch(/^nemo-customizer job cust-1: Status: completed, 100 % done$/m);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /\nTraining\n {2}nemo-customizer job cust-1: deployment \S+: ready .*\n {2}model my-team\/dpo-r-\w{8}\n {2}recorded in runs\/r\/final_metrics\.json\n/,
  );
  expect(nemo.state.jobs).toHaveLength(1);
  expect(nemo.state.deployments.size).toBe(1);
  const read = (name: string) => readFile(join(out, 'runs/r', name), 'utf8');
  expect(JSON.parse(await read('final_metrics.json'))).toMatchObject({
    status: 'completed',
    total_trajectory_groups: 12,
    job_metadata: { job_id: 'cust-1' },
  });
  // The token reaches the datastore, and nothing that is written.
  expect(nemo.state.authorizations).toContainEqual([expect.stringContaining('/v1/hf/'), 'Bearer hf_in-plain-text']);
  for (const name of ['request.json', 'manifest.json', 'report.html', 'training/job.json']) {
    expect(await read(name)).not.toContain('hf_in-plain-text');
  }
});

test("NAT's configuration starts a job only where finetuning is enabled or --train is given", async () => {
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    `trajectory_builders:
  b: { _type: dpo_traj_builder }
trainer_adapters:
  nemo:
    _type: nemo_customizer_trainer_adapter
    entity_host: ${nemo.url}
    datastore_host: ${nemo.url}
    hf_token: hf_x
    namespace: ns
    customization_config: meta/llama-3.1-8b-instruct@v1.0.0+A100
    poll_interval_seconds: 1
finetuning:
  enabled: \${FINETUNE:-false}
  trainer_adapter: nemo
`,
  );
  const args = ['run', SAMPLE, '--nat-config', config, '--allow-private-endpoint', '--quiet', '--out'];
  const idle = await dpo([...args, join(folder, 'idle')]);
  expect(idle.code).toBe(0);
  expect(idle.stdout).toContain(
    `\nTraining\n  Nothing is trained: finetuning.enabled of ${config} is false. --train trains anyway.\n`,
  );
  expect(nemo.calls).toEqual([]);

  const enabled = await dpo([...args, join(folder, 'enabled')], { env: { FINETUNE: 'yes' } });
  expect(enabled.code).toBe(0);
  expect(enabled.stdout).toMatch(
    /\nTraining\n {2}The run trains: finetuning\.enabled of \S+ is true\.\n {2}nemo-customizer job cust-1: /,
  );
  expect(nemo.state.jobs).toHaveLength(1);

  const asked = await dpo([...args, join(folder, 'asked'), '--train']);
  expect(asked.code).toBe(0);
  expect(asked.stdout).toContain('\nTraining\n  The run trains: --train is given.\n  nemo-customizer job ');
});

test('without --allow-private-endpoint a trainer on this machine is not reached, and the way out is said', async () => {
  const training = ['entity_host', 'datastore_host'].flatMap((host) => [
    '--set',
    `training.nemo_customizer.${host}=${nemo.url}`,
  ]);
  const rest = ['namespace', 'customization_config'].flatMap((name) => ['--set', `training.nemo_customizer.${name}=x`]);
  const { code, stderr } = await dpo(['run', SAMPLE, '--out', join(folder, 'out'), ...training, ...rest]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/EndpointRefused: .*--allow-private-endpoint/);
  expect(nemo.calls).toEqual([]);
});
