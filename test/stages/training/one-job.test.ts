import { describe, expect, it } from 'vitest';
import { commitRun } from '../../support/committed-run.ts';
import { DEPLOYS, onNemo } from '../../support/on-nemo.ts';
import { clock, customizer, runTraining } from '../../support/training-run.ts';

describe('one job, whatever happens to its submission', () => {
  const JOBS = /POST \/v1\/customization\/jobs/;

  it.each([
    ['whose answer is lost', 'lost' as const],
    ['that breaks before it arrives', 'reset' as const],
    ['that a proxy answers with 502', { status: 502, body: '<html></html>', type: 'text/html' }],
  ])('finds or submits again after a request %s', async (_, how) => {
    const { nemo, run } = await onNemo();
    nemo.misbehave(JOBS, how);
    const { result } = await run();
    expect(result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('does not ask again while the lost request may still be under way', async () => {
    const { nemo, store } = await onNemo();
    nemo.misbehave(JOBS, 'reset');
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url));
    const standing = clock();
    const { result, entered } = await runTraining(input, store, { ...standing, turn: () => {} });
    expect(result).toMatchObject({ status: 'failed', error: 'TrainingSubmitPending' });
    expect(entered).not.toContain('CheckTraining');
    expect(nemo.state.jobs).toHaveLength(0);

    standing.turn(121);
    expect((await runTraining(input, store, standing)).result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('names what was refused, and submits at once when the cause is mended', async () => {
    const { nemo, store, run } = await onNemo();
    nemo.misbehave(JOBS, { status: 422, body: '{"detail":"no such config"}' });
    const { result } = await run();
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringMatching(/customization\/jobs answered 422: .*no such config/));

    const again = await runTraining((await commitRun(store, 'run-1', customizer(nemo.url))).input, store, {
      ...clock(),
      turn: () => {},
    });
    expect(again.result.status).toBe('succeeded');
  });

  it('takes no other run’s job for its own, of the same output model either', async () => {
    const { nemo, store, run } = await onNemo();
    nemo.state.oneJobAModel = true;
    await run({ output_model: 'team/mine' });
    const { input } = await commitRun(store, 'run-2', customizer(nemo.url, { output_model: 'team/mine' }));
    const { result } = await runTraining(input, store);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringContaining('already has a job for output_model team/mine'));
  });

  it('finds the recorded job in a second execution, also when all is over', async () => {
    const { nemo, run } = await onNemo();
    await run(DEPLOYS);
    const calls = nemo.calls.length;
    const { result } = await run(DEPLOYS);
    expect(result.status).toBe('succeeded');
    expect(nemo.calls.slice(calls).filter((call) => /lfs|hf|customization\/jobs$/.test(call))).toEqual([]);
    expect(nemo.state.jobs).toHaveLength(1);
  });

  it('finds its job behind the pages of those that others submitted since', async () => {
    const { nemo, run } = await onNemo();
    nemo.misbehave(JOBS, 'lost');
    nemo.misbehave(/GET \/v1\/customization\/jobs\?/, { status: 503, body: '' }, 6);
    expect((await run()).result).toMatchObject({ status: 'failed', error: 'TrainerUnavailable' });
    for (let n = 0; n < 250; n += 1) nemo.state.jobs.push({ id: `other-${n}`, body: { description: 'x' }, looks: 0 });

    const { result } = await run();
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { job_id: 'cust-1' } } });
    expect(nemo.state.jobs).toHaveLength(251);
  });
});
