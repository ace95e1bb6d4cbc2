import { describe, expect, it } from 'vitest';
import { credentialsFrom } from '../../../adapters/http/endpoint-credentials.ts';
import { trainers } from '../../../adapters/trainers/trainers.ts';
import { CheckTrainingInput, SubmitTrainingInput } from '../../../lib/contract/training-states.ts';
import { checkTraining } from '../../../lib/stages/check-training.ts';
import { SecretUnavailable } from '../../../lib/stages/http.ts';
import { POLLING } from '../../../lib/stages/training/polling.ts';
import { commitRun } from '../../support/committed-run.ts';
import { DEPLOYS, onNemo } from '../../support/on-nemo.ts';
import { clock, customizer, runTraining, trainersOf } from '../../support/training-run.ts';

describe('following the job', () => {
  it('rides out 503s and HTML error pages, waiting 1.5 times longer after each', async () => {
    const { nemo, run, progressLines } = await onNemo();
    const status = /jobs\/cust-1\/status/;
    nemo.misbehave(status, { status: 503, body: 'busy' });
    nemo.misbehave(status, { status: 200, body: '<html><title>Bad Gateway</title></html>', type: 'text/html' });
    const { result, waits } = await run({ poll_interval_seconds: 20 });
    expect(result.status).toBe('succeeded');
    expect(waits).toEqual([20, 30, 45, 20, 20, 20]);
    expect((await progressLines())[2]?.message).toContain('an HTML page titled "Bad Gateway"');
  });

  it('counts the job as lost after too many failures in a row, and follows the same job on when started again', async () => {
    const { nemo, run, finalMetrics } = await onNemo();
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
    const { nemo, store } = await onNemo();
    nemo.state.script = [{ status: 'running' }, { status: 'running' }, { status: 'completed' }];
    const status = /jobs\/cust-1\/status/;
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url, { max_consecutive_status_failures: 2 }));
    nemo.misbehave(status, { status: 500, body: '' });
    // The second request is let through: the fault matches the third.
    let seen = 0;
    nemo.misbehave({ test: (call: string) => status.test(call) && ++seen === 2 }, 'reset');
    const { result } = await runTraining(input, store);
    expect(result.status).toBe('succeeded');
  });

  it('takes a status that it does not know for running, and says so', async () => {
    const { nemo, run, progressLines } = await onNemo();
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
    expect(lines[2]?.message).toContain('an unknown status');
  });

  it('ends a job that fails at 40 % as a failure that names the job and the next step', async () => {
    const { nemo, run, finalMetrics } = await onNemo();
    nemo.state.script = [
      { status: 'running', percentage_done: 40 },
      { status: 'failed', percentage_done: 40, status_logs: [{ message: 'Failed', detail: 'CUDA out of memory' }] },
    ];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingFailed' });
    expect(result).toHaveProperty(
      'cause',
      expect.stringMatching(/job cust-1: Status: failed, 40 % done\. .*new run_id\. training\.jsonl has/s),
    );
    expect(JSON.stringify(await finalMetrics())).toContain('40 % done: CUDA out of memory');
    expect(await finalMetrics()).toMatchObject({ status: 'failed', progress: 40 });
    expect(nemo.state.deployments.size).toBe(0);
  });

  it('ends a cancelled job without failing where nothing was to be deployed', async () => {
    const { nemo, run, finalMetrics } = await onNemo();
    nemo.state.script = [{ status: 'cancelled', percentage_done: null }];
    const { result } = await run();
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'canceled', next: 'done' } } });
    expect(await finalMetrics()).toMatchObject({ status: 'canceled', progress: null });
  });

  it('fails for a cancelled job whose model was to be deployed', async () => {
    const { nemo, run, finalMetrics } = await onNemo();
    nemo.state.script = [{ status: 'canceled', percentage_done: 12.5 }];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingCanceled' });
    expect(result).toHaveProperty('cause', expect.stringMatching(/cust-1.*12\.5 % done.*what canceled the job/s));
    expect(await finalMetrics()).toMatchObject({ status: 'canceled', progress: 12.5 });
  });

  it.each([
    ['that never ends', {}, /Status: running, after the 1500 status checks.*continues.*same run_id/s, 'running'],
    ['that cannot be read at last', { status: 503, body: '' }, /could not be read 1 times.*same run_id/s, 'failed'],
  ])('looks at a job %s as often as the history of one execution takes', async (_, last, message, status) => {
    const { nemo, store, run, finalMetrics } = await onNemo();
    nemo.state.script = [{ status: 'running' }];
    if ('status' in last) nemo.misbehave(/jobs\/cust-1\/status/, last, 1);
    await run({ wait_for_completion: false });
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url));
    const training = { ...ON_ITS_WAY, polls: POLLING.training_polls - 1 };
    const deps = { collections: store, now: clock().now, trainer: trainers(trainersOf(store)) };
    const check = checkTraining(CheckTrainingInput.parse({ ...SubmitTrainingInput.parse(input), training }), deps);
    await expect(check).rejects.toMatchObject({ name: 'TrainingLost', message: expect.stringMatching(message) });
    expect(await finalMetrics()).toMatchObject({ status });
  });

  it('counts a secret that cannot be had for a moment as a failed look', async () => {
    const { run } = await onNemo();
    let reads = 0;
    const credentials = credentialsFrom(async () => {
      if (++reads === 2) throw new SecretUnavailable('throttled');
      return 'token-1234';
    });
    const { result, waits } = await run({ auth_secret_arn: 'env:TOKEN' }, clock(), { credentials });
    expect(result.status).toBe('succeeded');
    expect(waits.slice(0, 3)).toEqual([30, 45, 30]);
  });
});

/** As SubmitTraining leaves it. */
const ON_ITS_WAY = {
  backend: 'nemo-customizer',
  job_id: 'cust-1',
  output_model: null,
  status: 'pending',
  message: '',
  progress: null,
  next: 'check',
  wait_seconds: 30,
  polls: 0,
  failures: 0,
  deploying_seconds: 0,
};
