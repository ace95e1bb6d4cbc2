import { isDeepStrictEqual } from 'node:util';
import { startExecution } from '../../adapters/step-functions/start-execution.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import type { StartFlags } from '../commands/start.ts';
import { runIdFor } from '../local/run-id.ts';
import { isLocal } from '../locations.ts';
import { locationsOf, type RunArgs, requestFromArgs, type UnnamedRequest } from '../request-from-args.ts';
import { sourceDeps } from '../source-deps.ts';
import { refuseStandardInput } from '../standard-input.ts';
import { oneLine, tell } from '../terminal.ts';
import { uploadBar } from '../upload-bar.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { findExecution } from './executions.ts';
import { refuseLocalSecrets } from './local-secrets.ts';
import { uploadSource } from './upload.ts';
import { watchRun } from './watch-run.ts';

/** Uploads what is local, starts the execution under the run's id, and follows it. */
export async function start(args: RunArgs, flags: StartFlags, codeVersion: string): Promise<void> {
  const { request, runId, notes, whyTraining } = await requestFromArgs({ ...args, out: NOWHERE });
  const locations = locationsOf(request);
  refuseStandardInput(locations);
  refuseLocalSecrets(request);
  const say = (line: string): void => void (flags.quiet || tell(`${oneLine(line)}\n`));
  for (const note of whyTraining === undefined ? notes : [...notes, whyTraining]) say(note);
  if (flags.dryRun) {
    const { dryRun } = await import('./dry-run.ts');
    return dryRun(request, { runId, codeVersion }, flags);
  }
  const deployment = await findDeployment(flags);
  const run = runId ?? (await runIdFor(request, await sourceDeps({ locations }, codeVersion)));
  const source = await uploaded(request, run, deployment, flags.quiet === true);
  const input = { ...request, run_id: run, source };
  const outcome = await startExecution(deployment, run, input);
  if (outcome === 'exists') await requireSameInput(deployment, run, input);
  say(
    outcome === 'started'
      ? `Started run ${run}. dpo status ${run} shows its progress.`
      : `Run ${run} was started before. This is its state.`,
  );
  if (flags.follow) await watchRun(deployment, run, flags);
}

/** The run that is there is of this very request. Throws {@link InvalidRequest}. */
async function requireSameInput(deployment: Deployment, run: string, input: object): Promise<void> {
  const before = await findExecution(deployment, run);
  if (isDeepStrictEqual(before.input, JSON.parse(JSON.stringify(input)))) return;
  throw new InvalidRequest(
    `Run ${run} was started before with another request or other traces. Choose another --run-id, or look at the first run: dpo status ${run}.`,
  );
}

async function uploaded(request: UnnamedRequest, run: string, deployment: Deployment, quiet: boolean) {
  if (!locationsOf(request).some(({ bucket }) => isLocal(bucket))) return request.source;
  const bar = await uploadBar(quiet);
  try {
    return await uploadSource(request.source, run, deployment, bar);
  } finally {
    bar.stop();
  }
}

/** The deployment knows where runs are written; the arguments are checked against no place of this machine. */
const NOWHERE = 's3://unused/';
