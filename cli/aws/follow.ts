import { setTimeout as pause } from 'node:timers/promises';
import { Summary } from '../../lib/contract/summary.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { each } from '../../lib/stages/each.ts';
import { openBucket } from '../open-bucket.ts';
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
  const lineOf = await progressLine(deployment);
  let told = '';
  for (;;) {
    const execution = await describeExecution(deployment, arn);
    const line = await lineOf(execution);
    if (line !== told) tell(line);
    told = line;
    if (execution.status !== 'RUNNING') return execution;
    await pause(seconds * 1000);
  }
}

/** Describes an execution's progress in one line. */
export async function progressLine(deployment: Deployment): Promise<(execution: ExecutionDetail) => Promise<string>> {
  const pairs = pairCounter(await openBucket(deployment.collectionsBucket));
  return async ({ arn, status, runId }) => {
    const [state, map] = await Promise.all([currentState(deployment, arn), mapProgress(deployment, arn)]);
    const parts = [status === 'RUNNING' ? (state ?? 'starting') : status.toLowerCase()];
    if (map) parts.push(childrenText(map));
    if (map?.of === 'shard') parts.push(`${grouped(await pairs(runId))} pairs so far`);
    return parts.join(', ');
  };
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
    await each(unread, AT_ONCE, async (key) => {
      known.set(key, (await readJson(store, key, Summary)).counters.total_pairs);
    });
    return [...known.values()].reduce((sum, pairs) => sum + pairs, 0);
  };
}

/** Small requests under way at a time. */
const AT_ONCE = 16;
