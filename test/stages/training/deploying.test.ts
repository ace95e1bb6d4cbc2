import { describe, expect, it } from 'vitest';
import { DEPLOYS, onNemo } from '../../support/on-nemo.ts';

describe('deploying', () => {
  it('gives up on a deployment that is never ready, and waits on for the same one when started again', async () => {
    const { nemo, run } = await onNemo();
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
    const { nemo, run, progressLines } = await onNemo();
    nemo.state.deploymentScript = ['pending', 'failed'];
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'DeploymentFailed' });
    // The trainer's own words may quote the dataset: a cause does not have them.
    expect(result).toHaveProperty(
      'cause',
      expect.stringMatching(/: failed\. .*training\.jsonl has the trainer's own words/),
    );
    expect((await progressLines()).at(-1)?.message).toContain('pod 1 of 1');
  });

  it('looks again after looks that fail', async () => {
    const { nemo, run } = await onNemo();
    nemo.misbehave(/GET .*model-deployments/, { status: 503, body: '<html></html>', type: 'text/html' }, 5);
    const { result } = await run(DEPLOYS);
    expect(result.status).toBe('succeeded');
  });

  it('goes on waiting at a status that it does not know, and records it', async () => {
    const { nemo, run, progressLines } = await onNemo();
    nemo.state.deploymentScript = ['hibernating', 'READY'];
    expect((await run(DEPLOYS)).result.status).toBe('succeeded');
    const deployment = (await progressLines()).filter(({ phase }) => phase === 'deployment');
    expect(deployment.map(({ status, reported_status }) => [status, reported_status])).toEqual([
      ['deploying', 'hibernating'],
      ['ready', 'READY'],
    ]);
  });

  it.each([
    ['whose answer is lost', 'lost' as const],
    ['that is answered with 503', { status: 503, body: '' }],
  ])('creates one deployment after a request %s', async (_, how) => {
    const { nemo, run } = await onNemo();
    nemo.misbehave(/POST .*model-deployments/, how);
    expect((await run(DEPLOYS)).result.status).toBe('succeeded');
    expect(nemo.state.deployments.size).toBe(1);
  });

  it('names what is refused; the model stays, and the run started again deploys it', async () => {
    const { nemo, run } = await onNemo();
    nemo.misbehave(/POST .*deployment\/configs/, { status: 403, body: '{"detail":"no quota"}' });
    const { result } = await run(DEPLOYS);
    expect(result).toMatchObject({ status: 'failed', error: 'TrainerRefused' });
    expect(result).toHaveProperty('cause', expect.stringMatching(/deployment\/configs answered 403: .*no quota/));
    expect((await run(DEPLOYS)).result.status).toBe('succeeded');
    expect(nemo.state.jobs).toHaveLength(1);
  });
});
