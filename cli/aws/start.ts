import type { TraceLocation } from '../../lib/contract/source.ts';
import type { StartFlags } from '../commands/start.ts';
import { fileStore } from '../local/file-store.ts';
import { runIdFor } from '../local/run-id.ts';
import { isLocal } from '../locations.ts';
import { openBucket } from '../open-bucket.ts';
import type { UnnamedRequest } from '../request-from-args.ts';
import { locationsOf, type RunArgs, requestFromArgs } from '../request-from-args.ts';
import { uploadBar } from '../upload-bar.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { startExecution } from './executions.ts';
import { uploadTraces } from './upload.ts';
import { watchRun } from './watch-run.ts';

/** Uploads what is local, starts the execution under the run's id, and follows it. */
export async function start(args: RunArgs, flags: StartFlags, codeVersion: string): Promise<void> {
  const { request, runId, notes } = await requestFromArgs({ ...args, out: NOWHERE });
  const tell = (line: string): void => void (flags.quiet || process.stderr.write(`${line}\n`));
  for (const note of notes) tell(note);
  const deployment = await findDeployment(flags);
  const run = runId ?? (await nameOf(request, codeVersion));
  const source =
    'traces' in request.source ? await uploaded(request, run, deployment, flags.quiet === true) : request.source;
  const outcome = await startExecution(deployment, run, { ...request, run_id: run, source });
  tell(
    outcome === 'started'
      ? `Started run ${run}. dpo status ${run} shows where it stands.`
      : `Run ${run} was started before: this is what became of it.`,
  );
  if (flags.follow) {
    const { json = false, quiet = false, pollSeconds: seconds } = flags;
    await watchRun(deployment, run, { json, quiet, seconds });
  }
}

async function uploaded(request: UnnamedRequest, run: string, deployment: Deployment, quiet: boolean) {
  const locations = locationsOf(request);
  if (!locations.some(({ bucket }) => isLocal(bucket))) return request.source;
  const bar = await uploadBar(quiet);
  try {
    const { traces } = await uploadTraces(locations, run, deployment, bar);
    return { traces };
  } finally {
    bar.stop();
  }
}

/** By the traces' bytes as they stand here. */
async function nameOf(request: UnnamedRequest, codeVersion: string): Promise<string> {
  const buckets = new Map(
    await Promise.all(bucketsOf(request).map(async (name) => [name, await openBucket(name)] as const)),
  );
  const unused = fileStore('.');
  return runIdFor(request, {
    bucket: (name) => buckets.get(name) ?? unused,
    collections: unused,
    collectionsBucket: '',
    now: () => new Date(),
    codeVersion,
  });
}

const bucketsOf = (request: UnnamedRequest): string[] =>
  'traces' in request.source
    ? locationsOf(request).map(({ bucket }: TraceLocation) => bucket)
    : [request.source.workflow.dataset.bucket];

/** The deployment knows where runs are written; the arguments are checked against no place of this machine. */
const NOWHERE = 's3://unused/';
