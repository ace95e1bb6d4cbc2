import type * as z from 'zod';
import { placeOf, RunFailure } from '../../lib/contract/failure.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { openBucket } from '../open-bucket.ts';
import { resultTable } from '../result-table.ts';
import { oneLine, print, tell } from '../terminal.ts';
import type { Deployment } from './deployment.ts';
import { type ExecutionDetail, originOf } from './executions.ts';

/**
 * Tells how an execution ended: the run's table or manifest on stdout, or its failure, as the run keeps it, on stderr
 * and exit code 1.
 */
export async function tellEnd(
  { collectionsBucket }: Deployment,
  { name, runId, failure }: ExecutionDetail,
  json = false,
): Promise<void> {
  const keys = runKeys(runId);
  if (failure) {
    process.exitCode = 1;
    const found = await readWhereThere(collectionsBucket, keys.failure, RunFailure);
    // Another execution's is not its own.
    const recorded = found?.execution === name ? found : undefined;
    // One that was stopped, or timed out as a whole, has no cause of its own.
    tell(`${oneLine(`${failure.error}: ${failure.cause || (recorded?.message ?? 'no cause was given')}`)}\n`);
    const further = recorded
      ? `In ${placeOf(recorded)} of run ${runId}. ${recorded.what_to_do}`
      : `Fix the cause, then: dpo redrive ${originOf(name).first}. It keeps what was built.`;
    tell(`${oneLine(further)}\n`);
    return;
  }
  const manifest = await readWhereThere(collectionsBucket, keys.manifest, Manifest);
  if (!manifest) return;
  print(json ? `${JSON.stringify(manifest)}\n` : resultTable(manifest, `s3://${collectionsBucket}/`));
}

async function readWhereThere<T>(bucket: string, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const store = await openBucket(bucket);
  return (await store.head(key)) ? readJson(store, key, schema) : undefined;
}
