import { gzipSync } from 'node:zlib';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import type { Subject } from './crashes.ts';

/** Rollouts of six tasks that lie apart, over lines, an indented array and a compressed object, with losses. */
export async function putRollouts(store: ObjectStore): Promise<void> {
  const rollouts = [0, 1, 2].flatMap((round) => [1, 2, 3, 4, 5, 6].map((task) => rollout(task, round)));
  await store.create('r/a.jsonl', lines([...rollouts.slice(0, 8), { task_id: 't1', prompt: 'none' }]));
  await store.create('r/b.json', Buffer.from(JSON.stringify(rollouts.slice(8, 12), null, 2)));
  await store.create('r/c.jsonl.gz', gzipSync(lines(rollouts.slice(12))));
}

export const scatteredRequest = (shard_bytes: number) => ({
  run_id: 'run',
  source: { traces: { bucket: 'traces', prefix: 'r/' } },
  dataset: { formats: ['trl', 'nemo_customizer'], validation_fraction: 0.3 },
  limits: { shard_bytes, max_rejected_fraction: 1 },
});

/** Of a run whose candidates are grouped before its shards are built. */
export const scattered: Subject = {
  put: putRollouts,
  run: (deps, execution) => runRetrying(scatteredRequest(1024), deps, execution),
  runWhole: (deps) => runRetrying(scatteredRequest(2 ** 30), deps),
};

const rollout = (task: number, round: number) => ({
  task_id: `t${task}`,
  messages: [
    { role: 'user', content: `Solve task ${task}.` },
    { role: 'assistant', content: `The answer to ${task}, tried ${round} times.` },
  ],
  reward: task === 4 && round === 1 ? null : round / 2,
});

const lines = (values: readonly unknown[]): Buffer =>
  Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
