import type * as z from 'zod';
import { Manifest } from '../lib/contract/manifest.ts';
import { parseRequest } from '../lib/contract/parse-request.ts';
import { Shards } from '../lib/contract/plan.ts';
import type { Request } from '../lib/contract/request.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { runKeys } from '../lib/objects/keys.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { readJson } from '../lib/objects/stored-json.ts';
import { buildShard } from '../lib/stages/build-shard/build-shard.ts';
import { choose } from '../lib/stages/choose.ts';
import type { Deps } from '../lib/stages/deps.ts';
import { evaluate } from '../lib/stages/evaluate.ts';
import { finalize } from '../lib/stages/finalize/finalize.ts';
import { groupCandidates } from '../lib/stages/group-candidates.ts';
import { type RunTasks, runInOrder } from '../lib/stages/run-in-order.ts';
import { writeDatasets } from '../lib/stages/write-datasets.ts';
import packageJson from '../package.json' with { type: 'json' };

/** A request, and the stores that it speaks of. */
export interface RunOptions {
  /** As `dpo run --request` takes it: `run_id`, `source`, `builder`, `dataset`, `limits`, `report`. */
  readonly request: z.input<typeof Request>;
  /** The store of each bucket that the request names, and `collections`, where the run is written. */
  readonly stores: Readonly<Record<string, ObjectStore>> & { readonly collections: ObjectStore };
  /** The time for what a run dates. Default: the clock's. */
  readonly now?: () => Date;
}

/**
 * Does a whole run over stores, as `dpo run` does it: collection, losses, metrics, report, datasets and, last, the
 * manifest. A run that stopped goes on from what is written; one that is committed is not done again.
 *
 * Throws the error of the task that failed: {@link InvalidRequest}, {@link NoCandidates}, {@link TooManyRejected}, … Live
 * workflows and training are left to `dpo run`.
 *
 * @example
 * ```js
 * const stores = { traces: fileStore('rollouts'), collections: fileStore('out') };
 * const source = { traces: { bucket: 'traces', prefix: '' } };
 * const manifest = await run({ request: { run_id: 'first', source, dataset: { formats: ['trl'] } }, stores });
 * ```
 */
export async function run({ request: given, stores, now = () => new Date() }: RunOptions): Promise<Manifest> {
  const request = parseRequest(given);
  refuseCalls(request);
  const { collections } = stores;
  const deps: Deps = {
    bucket: (name) => storeIn(stores, name),
    ...{ collections, collectionsBucket: 'collections' },
    ...{ now, codeVersion: packageJson.version },
  };
  await runInOrder(tasksOf(request, deps));
  return readJson(collections, runKeys(request.run_id).manifest, Manifest);
}

function refuseCalls({ source, training }: Request): void {
  const setting = 'workflow' in source ? 'source.workflow' : training && 'training';
  if (setting === undefined) return;
  throw new InvalidRequest(`${setting} is set, and run calls nothing over the network: use dpo run, or leave it out.`);
}

function storeIn(stores: RunOptions['stores'], name: string): ObjectStore {
  const store = Object.hasOwn(stores, name) ? stores[name] : undefined;
  if (store) return store;
  const known = Object.keys(stores).join(', ');
  throw new InvalidRequest(
    `The request names the bucket ${name}, and the stores given are ${known}: give stores.${name}.`,
  );
}

function tasksOf(request: Request, deps: Deps): RunTasks {
  const { run_id } = request;
  const refused = () => {
    throw new Error('No live workflow is asked here.');
  };
  const shardsAt = (key: string) => readJson(deps.collections, key, Shards);
  return {
    evaluate: () => evaluate({ execution: run_id, input: request }, deps),
    ...{ askWorkflow: refused, planTraces: refused },
    async groupCandidates() {
      for (const { ordinal } of await shardsAt(runKeys(run_id).grouping))
        await groupCandidates({ run_id, ordinal }, deps);
    },
    async buildShards({ plan, shards }) {
      for (const shard of await shardsAt(plan.key)) await buildShard({ run_id, shard, shards }, deps);
    },
    async choose() {
      await choose({ run_id }, { ...deps, memoryBytes: Number.POSITIVE_INFINITY });
    },
    async writeDatasets({ plan }) {
      for (const { ordinal } of await shardsAt(plan.key)) await writeDatasets({ run_id, ordinal }, deps);
    },
    finalize: () => finalize({ run_id }, deps),
  };
}
