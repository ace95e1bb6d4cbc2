import { createHash } from 'node:crypto';
import type { TraceObject } from '../../lib/contract/plan.ts';
import { type Deps, storeOf } from '../../lib/stages/deps.ts';
import { findTraces } from '../../lib/stages/find-traces.ts';
import { findDataset } from '../../lib/stages/workflow/plan-batches.ts';
import type { UnnamedRequest } from '../request-from-args.ts';

/**
 * The name of a run that was given none: the same request over the same bytes by the same code has the same one.
 * Throws {@link NoTraces}, {@link InvalidRequest} where there is nothing to read.
 */
export async function runIdFor(request: UnnamedRequest, deps: Deps): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([deps.codeVersion, request]));
  for (const { bucket, key, bytes, etag, version } of await inputsOf(request, deps)) {
    hash.update(JSON.stringify([bucket, key, bytes, etag, version]));
  }
  return `run-${hash.digest('hex').slice(0, 12)}`;
}

async function inputsOf({ source }: UnnamedRequest, deps: Deps): Promise<readonly TraceObject[]> {
  if ('traces' in source) return (await findTraces(source, deps)).objects;
  const { bucket } = source.workflow.dataset;
  return [{ bucket, ...(await findDataset(source.workflow, storeOf(bucket, deps))) }];
}
