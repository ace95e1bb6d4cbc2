import { expect } from 'vitest';
import { Manifest } from '../../lib/contract/manifest.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { killable } from './killable.ts';
import type { NemoServer } from './nemo-server.ts';
import { type Clock, clock } from './training-run.ts';

/** One start of a run's training. `store` outlives it; what it does itself goes through `collections` and `given`. */
export interface Start extends Pick<ReturnType<typeof killable>, 'collections' | 'given'> {
  readonly run: string;
  readonly store: ObjectStore;
  readonly time: Clock;
}

/**
 * Run after run, each killed at a later side effect and then started again, until one lives through. After each there is
 * one job, one deployment, and the whole dataset at the trainer. Returns where they were killed, each place once.
 * `start` gives the `training` that a run ended with; when killed it may throw.
 */
export async function killedEverywhere(
  nemo: NemoServer,
  when: 'before' | 'after',
  newStore: () => ObjectStore,
  start: (start: Start) => Promise<unknown>,
): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  for (let at = 1; ; at += 1) {
    const run = { run: `run-${when}-${at}`, store: newStore(), time: clock() };
    // What an earlier run left would not be created or uploaded any more.
    const { namespaces, repos, datasets, lfs } = nemo.state;
    for (const left of [namespaces, repos, datasets, lfs]) left.clear();
    const jobs = nemo.state.jobs.length;
    const { struck, ...mortal } = killable(run.store, at, when);
    const first = await Promise.allSettled([start({ ...run, ...mortal })]);
    const place = struck();
    if (place === undefined) {
      expect(first).toMatchObject([{ status: 'fulfilled', value: READY }]);
      return places;
    }
    places.add(place.replaceAll(run.run, 'RUN').replaceAll(/[0-9a-f]{64}|cust-\d+|RUN-[0-9a-f]{8}/g, '*'));
    const message = `killed ${when} side effect ${at}, ${place}`;
    expect(await start({ ...run, collections: run.store, given: {} }), message).toMatchObject(READY);
    expect(nemo.state.jobs.slice(jobs), message).toMatchObject([{ id: expect.any(String) }]);
    await expectOneModel(nemo, run, message);
  }
}

const READY = { status: 'completed', next: 'done' };

async function expectOneModel(nemo: NemoServer, { run, store }: Pick<Start, 'run' | 'store'>, message: string) {
  const text = async (key: string) => new TextDecoder().decode(await readAll(store, key));
  const job = JSON.parse(await text(`runs/${run}/training/job.json`));
  expect(job, message).toMatchObject({ job_id: nemo.state.jobs.at(-1)?.id, dataset: 'nat-dpo' });
  const deployments = [...nemo.state.deployments.keys()].filter((name) => name.includes(`${run}-`));
  expect(deployments, message).toHaveLength(1);
  const { datasets } = await readJson(store, runKeys(run).manifest, Manifest);
  const uploaded = nemo.state.repos.get('team/nat-dpo');
  for (const role of ['training', 'validation']) {
    const committed = await text(datasets.nemo_customizer?.[role]?.key ?? '');
    expect(uploaded?.get(`${role}/${role}_file.jsonl`)?.toString(), message).toBe(committed);
  }
}
