import { CHOOSE_MEMORY_MB } from '../../functions/memory.ts';
import { runPlace } from '../../functions/run-place.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { estimateAhead } from '../../lib/stages/estimate/estimate-ahead.ts';
import { estimateTable } from '../estimate-table.ts';
import { runIdFor } from '../local/run-id.ts';
import { locationsOf, type UnnamedRequest } from '../request-from-args.ts';
import { sourceDeps } from '../source-deps.ts';
import { print } from '../terminal.ts';
import { type AwsFlags, useAccount } from './deployment.ts';

interface Named {
  readonly runId: string | undefined;
  readonly codeVersion: string;
}

/** Prints what a run would come to. Nothing is started, uploaded or written, and no stack is asked. */
export async function dryRun(
  request: UnnamedRequest,
  { runId, codeVersion }: Named,
  { json = false, ...account }: Pick<AwsFlags, 'profile' | 'region'> & { readonly json?: boolean },
): Promise<void> {
  useAccount(account);
  const source = await sourceDeps({ locations: locationsOf(request) }, codeVersion);
  const run_id = runId ?? (await runIdFor(request, source));
  const deps = { ...source, place: runPlace(CHOOSE_MEMORY_MB.least), ceilings: DEFAULT_CEILINGS };
  const estimate = await estimateAhead({ ...request, run_id }, deps);
  print(json ? `${JSON.stringify({ run_id, estimate })}\n` : estimateTable(run_id, estimate));
}
