import { describe, expect, it } from 'vitest';
import { commitRun } from '../../support/committed-run.ts';
import { DEPLOYS, onNemo } from '../../support/on-nemo.ts';
import { customizer, runTraining } from '../../support/training-run.ts';

describe('what is recorded of a training', () => {
  it('writes the final metrics of NAT’s trainer and a progress line wherever something changed', async () => {
    const { nemo, run, finalMetrics, progressLines } = await onNemo();
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
    const { nemo, run, progressLines } = await onNemo();
    nemo.state.script = [...Array(20).fill({ status: 'running', percentage_done: 10 }), { status: 'completed' }];
    const { waits } = await run();
    expect(waits).toHaveLength(21);
    expect((await progressLines()).map(({ status }) => status)).toEqual(['pending', 'running', 'completed']);
  });

  it('passes less than 4 KiB from state to state', async () => {
    const { nemo, run } = await onNemo();
    nemo.state.script = [
      { status: 'r'.repeat(5000), status_logs: [{ message: 'x'.repeat(5000) }] },
      { status: 'completed', status_logs: [{ message: 'y'.repeat(5000) }] },
    ];
    const { largest } = await run(DEPLOYS);
    expect(largest).toBeLessThan(4096);
  });

  // NAT: `sum(m["avg_reward"] for m in run_metrics) / len(run_metrics)`, of the runs that collected something.
  it('counts the repetitions of a workflow that yielded something, and means their means', async () => {
    const { nemo, store, finalMetrics } = await onNemo();
    const runs = [
      { num_trajectories: 2, avg_reward: 0.5 },
      { num_trajectories: 0, avg_reward: 0 },
      { num_trajectories: 1, avg_reward: 0.25 },
    ];
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url), { runs });
    await runTraining(input, store);
    expect(await finalMetrics()).toMatchObject({
      num_collection_runs: 2,
      collection_summary: { total_trajectories: 3, total_dpo_pairs: 3, avg_reward: 0.375 },
    });
  });

  it('needs nothing of the collection, which may be larger than a status check has time to read', async () => {
    const { nemo, store } = await onNemo();
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url));
    await store.remove('runs/run-1/collection.jsonl');
    expect((await runTraining(input, store)).result.status).toBe('succeeded');
  });
});
