import { setTimeout as pause } from 'node:timers/promises';
import { RunFailure } from '../../lib/contract/failure.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { openBucket } from '../open-bucket.ts';
import { resultTable } from '../result-table.ts';
import { counted, grouped } from '../wording.ts';
import type { Deployment } from './deployment.ts';
import { currentState, describeExecution, type ExecutionDetail, type MapProgress, mapProgress } from './executions.ts';

/** Tells an execution's states, their children and pairs as they change, until it ends. */
export async function follow(
  deployment: Deployment,
  arn: string,
  tell: (line: string) => void,
  seconds: number,
): Promise<ExecutionDetail> {
  const pairs = pairCounter(await openBucket(deployment.collectionsBucket));
  let told = '';
  for (;;) {
    const execution = await describeExecution(deployment, arn);
    const line = await progressLine(deployment, execution, pairs);
    if (line !== told) tell(line);
    told = line;
    if (execution.status !== 'RUNNING') return execution;
    await pause(seconds * 1000);
  }
}

/** One line on where a run stands. */
export async function statusLine(deployment: Deployment, execution: ExecutionDetail): Promise<string> {
  return progressLine(deployment, execution, pairCounter(await openBucket(deployment.collectionsBucket)));
}

/** The committed run's table, as a local run ends with it. Undefined where nothing is committed. */
export async function committedRun(deployment: Deployment, runId: string): Promise<Manifest | undefined> {
  const store = await openBucket(deployment.collectionsBucket);
  const { manifest } = runKeys(runId);
  return (await store.head(manifest)) ? readJson(store, manifest, Manifest) : undefined;
}

/** What the execution left of its failure. Undefined where it left nothing; another execution's is not its own. */
export async function recordedFailure(
  deployment: Deployment,
  { runId, name }: ExecutionDetail,
): Promise<RunFailure | undefined> {
  const store = await openBucket(deployment.collectionsBucket);
  const { failure } = runKeys(runId);
  if (!(await store.head(failure))) return undefined;
  const recorded = await readJson(store, failure, RunFailure);
  return recorded.execution === name ? recorded : undefined;
}

export const tableOf = (deployment: Deployment, manifest: Manifest): string =>
  resultTable(manifest, `s3://${deployment.collectionsBucket}/`);

async function progressLine(
  deployment: Deployment,
  { arn, status, runId }: ExecutionDetail,
  pairs: (runId: string) => Promise<number>,
): Promise<string> {
  const [state, map] = await Promise.all([currentState(deployment, arn), mapProgress(deployment, arn)]);
  const parts = [status === 'RUNNING' ? (state ?? 'starting') : status.toLowerCase()];
  if (map) parts.push(childrenText(map));
  if (map?.of === 'shard') parts.push(`${grouped(await pairs(runId))} pairs so far`);
  return parts.join(', ');
}

function childrenText({ of, total, done, running, failed }: MapProgress): string {
  const more = [running > 0 ? `${running} running` : '', failed > 0 ? `${failed} failed` : ''];
  const details = more.filter((text) => text !== '').join(', ');
  const all = counted(total, of, of === 'shard' ? 'shards' : 'batches');
  return `${done} of ${all} done${details === '' ? '' : ` (${details})`}`;
}

/** Adds up the shards' summaries, each read once. */
function pairCounter(store: ObjectStore): (runId: string) => Promise<number> {
  const known = new Map<string, number>();
  return async (runId) => {
    const unread: string[] = [];
    for await (const { key } of store.list(`runs/${runId}/shards/`)) {
      if (key.endsWith('/summary.json') && !known.has(key)) unread.push(key);
    }
    for (let at = 0; at < unread.length; at += AT_ONCE) {
      await Promise.all(
        unread.slice(at, at + AT_ONCE).map(async (key) => {
          known.set(key, (await readJson(store, key, Summary)).counters.total_pairs);
        }),
      );
    }
    return [...known.values()].reduce((sum, pairs) => sum + pairs, 0);
  };
}

/** Small requests under way at a time. */
const AT_ONCE = 16;
