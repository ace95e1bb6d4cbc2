import { afterEach, beforeEach, expect, it } from 'vitest';
import { trainers } from '../../../adapters/trainers/trainers.ts';
import { SubmitTrainingInput, TrainingOutput } from '../../../lib/contract/training-states.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { submitTraining } from '../../../lib/stages/submit-training.ts';
import { TrainingSubmitPending } from '../../../lib/stages/training/errors.ts';
import { commitRun } from '../../support/committed-run.ts';
import { killable } from '../../support/killable.ts';
import { killedEverywhere } from '../../support/killed.ts';
import { type NemoServer, startNemo } from '../../support/nemo-server.ts';
import { clock, customizer, newStore, runTraining, trainersOf } from '../../support/training-run.ts';

let nemo: NemoServer;
beforeEach(async () => {
  nemo = await startNemo();
});
afterEach(() => nemo.close());

const settings = () => customizer(nemo.url, { deploy_on_completion: true });

it.each(['before', 'after'] as const)(
  'killed %s any side effect and started again, it ends with one job, one deployment and the whole dataset',
  async (when) => {
    const inputs = new Map<string, unknown>();
    const places = await killedEverywhere(nemo, when, newStore, async ({ run, store, collections, time, given }) => {
      if (!inputs.has(run)) inputs.set(run, (await commitRun(store, run, settings())).input);
      const { result } = await runTraining(inputs.get(run), collections, time, given);
      return result.status === 'succeeded' && TrainingOutput.parse(result.output).training;
    });
    expect(places).toEqual(new Set([...SUBMITTING, ...CHECKING, ...DEPLOYING]));
  },
);

const SUBMITTING = [
  'POST /v1/namespaces',
  'POST /v1/datastore/namespaces',
  'POST /v1/hf/api/repos/create',
  'POST /v1/hf/api/datasets/team/nat-dpo/preupload/main',
  'POST /v1/hf/datasets/team/nat-dpo.git/info/lfs/objects/batch',
  'PUT /lfs/*',
  'POST /v1/hf/api/datasets/team/nat-dpo/commit/main',
  'POST /v1/datasets',
  'create runs/RUN/training/attempts/000001.json',
  'POST /v1/customization/jobs',
  'create runs/RUN/training/job.json',
  'write runs/RUN/training.jsonl',
];
const CHECKING = ['GET /v1/customization/jobs/*/status', 'write runs/RUN/training.jsonl'];
const DEPLOYING = [
  'POST /v1/deployment/configs',
  'POST /v1/deployment/model-deployments',
  'GET /v1/deployment/model-deployments/team/nat-deployment-dpo-*',
  'write runs/RUN/training.jsonl',
  'write runs/RUN/final_metrics.json',
];

it.each(['before', 'after'] as const)(
  'killed %s any side effect on NeMo Platform and started again, it ends with one job and one deployment',
  async (when) => {
    nemo.state.deploymentScript = ['PENDING', 'READY'];
    const platform = { nemo_platform: { host: nemo.url, model: 'llama', deploy_on_completion: true } };
    const places = new Set<string>();
    for (let at = 1; ; at += 1) {
      const run = `run-${when}-${at}`;
      const before = nemo.state.jobs.length;
      const store = newStore();
      const time = clock();
      const { input } = await commitRun(store, run, platform);
      const { collections, given, struck } = killable(store, at, when);
      await runTraining(input, collections, time, given);
      const place = struck();
      if (place === undefined) break;
      places.add(place);
      expect((await runTraining(input, store, time)).result.status, `killed ${when} ${place}`).toBe('succeeded');
      expect(nemo.state.jobs.slice(before), `killed ${when} ${place}`).toHaveLength(1);
      const deployments = [...nemo.state.deployments.keys()].filter((name) => name.includes(`${run}-`));
      expect(deployments, `killed ${when} ${place}`).toHaveLength(1);
    }
    const apis = '/apis/customization/v2/workspaces/default';
    expect([...places]).toEqual(
      expect.arrayContaining([`POST ${apis}/rl/jobs`, 'POST /apis/models/v2/workspaces/default/deployments']),
    );
  },
);

it('creates one job however two executions interleave', async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const run = `race-${seed}`;
    const before = nemo.state.jobs.length;
    const store = newStore();
    const { input } = await commitRun(store, run, settings());
    const submit = async (stream: number) => {
      const collections = dawdling(store, seed * 2 + stream);
      const deps = { collections, now: clock().now, trainer: trainers(trainersOf(collections)) };
      for (;;) {
        try {
          return await submitTraining(SubmitTrainingInput.parse(input), deps);
        } catch (error) {
          if (!(error instanceof TrainingSubmitPending)) throw error;
          await pause(5);
        }
      }
    };
    const [one, other] = await Promise.all([submit(0), submit(1)]);
    expect(one.training.job_id).toBe(other.training.job_id);
    expect(nemo.state.jobs.slice(before), `seed ${seed}`).toHaveLength(1);
  }
});

/** A store each of whose calls takes up to 8 ms more, by a seeded generator (mulberry32). */
function dawdling(store: ObjectStore, seed: number): ObjectStore {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    ...store,
    create: async (key, body) => {
      await pause(8 * next());
      return store.create(key, body);
    },
    async *list(prefix) {
      await pause(8 * next());
      yield* store.list(prefix);
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
