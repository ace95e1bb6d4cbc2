import type { Estimate, RunEstimate } from '../../contract/estimate.ts';
import { runKeys } from '../../objects/keys.ts';
import type { ObjectStore } from '../../objects/store.ts';
import { jsonText } from '../../objects/stored-json.ts';

/** Once: the estimate that came first stays, as the plan does. */
export async function writeEstimate(run_id: string, estimate: Estimate, store: ObjectStore): Promise<void> {
  await store.create(runKeys(run_id).estimate, jsonText({ run_id, estimate } satisfies RunEstimate));
}
