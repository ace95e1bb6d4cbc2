import { afterEach, beforeEach, expect, it } from 'vitest';
import { trainers } from '../../functions/training/trainers.ts';
import { SubmitTrainingInput } from '../../lib/contract/training-states.ts';
import { submitTraining } from '../../lib/steps/submit-training.ts';
import { type ObjectStore, readAll } from '../../lib/store.ts';
import { TrainingSubmitPending } from '../../lib/training/errors.ts';
import { commitRun } from '../support/committed-run.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { killable } from './killable.ts';
import { clock, newStore, runTraining, trainersOf } from './training-run.ts';

let nemo: NemoServer;
beforeEach(async () => {
  nemo = await startNemo();
});
afterEach(() => nemo.close());

const settings = () => ({
  nemo_customizer: {
    entity_host: nemo.url,
    datastore_host: nemo.url,
    namespace: 'team',
    customization_config: 'meta/llama@v1',
    deploy_on_completion: true,
  },
});

it.each(['before', 'after'] as const)(
  'killed %s any side effect and started again, it ends with one job, one deployment and the whole dataset',
  async (when) => {
    let at = 1;
    for (; ; at += 1) {
      const run = `run-${when}-${at}`;
      const before = nemo.state.jobs.length;
      const store = newStore();
      const { input, files } = await commitRun(store, run, settings());
      const time = clock();
      const { collections, given, died } = killable(store, at, when);
      const first = await runTraining(input, collections, time, given);
      if (!died()) break;
      expect(first.result.status).toBe('failed');

      const { result } = await runTraining(input, store, time);
      expect(result, `killed ${when} side effect ${at}`).toMatchObject({ status: 'succeeded' });
      const mine = nemo.state.jobs.slice(before);
      expect(mine, `killed ${when} side effect ${at}`).toHaveLength(1);
      const job = JSON.parse(new TextDecoder().decode(await readAll(store, `runs/${run}/training/job.json`)));
      expect(job).toMatchObject({ job_id: mine[0]?.id, dataset: 'nat-dpo' });
      expect([...nemo.state.deployments.keys()].filter((name) => name.includes(`${run}-`))).toHaveLength(1);
      const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
      expect(uploaded?.toString()).toBe(files.training);
    }
    // Namespaces, repo, upload, dataset, attempt, job, record, progress, checks, deployment, final metrics.
    expect(at).toBeGreaterThan(25);
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
