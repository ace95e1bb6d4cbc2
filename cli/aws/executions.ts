import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type MapRunListItem,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListMapRuns,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { plainCause } from '../../lib/contract/failure-cause.ts';
import { jsonOrUndefined } from '../../lib/contract/json-or-undefined.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { uploadedRunId } from '../../lib/stages/request-of.ts';
import type { Deployment } from './deployment.ts';

/** One execution of the state machine, as far as a run goes. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly started: Date | undefined;
  readonly stopped: Date | undefined;
}

export interface ExecutionDetail extends Execution {
  readonly input: unknown;
  /** The run that it writes: named in its output or input, after the upload that began it, or after the execution. */
  readonly runId: string;
  readonly failure: { readonly error: string; readonly cause: string } | undefined;
}

/** A map's children by what became of them. */
export interface MapProgress {
  readonly of: 'batch' | 'shard';
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
}

/** The newest first. */
export async function* executions({ sfn, stateMachineArn }: Deployment): AsyncGenerator<Execution> {
  for await (const page of paginateListExecutions({ client: sfn }, { stateMachineArn })) {
    for (const { executionArn: arn = '', name = '', status = 'RUNNING', ...dates } of page.executions ?? []) {
      yield { arn, name, status, started: dates.startDate, stopped: dates.stopDate };
    }
  }
}

/** The newest execution of a run, by the run's id or by the execution's name. Throws {@link InvalidRequest}. */
export async function findExecution(deployment: Deployment, run: string): Promise<ExecutionDetail> {
  for await (const execution of executions(deployment)) {
    if (execution.name === run || execution.name.startsWith(`${run}${REDRIVEN}`)) {
      return describeExecution(deployment, execution.arn);
    }
  }
  throw new InvalidRequest(`No execution is named ${run}. dpo list shows all executions.`);
}

/** The name of a run's first execution, and how often the run was done again when this one began. */
export function originOf(name: string): { readonly first: string; readonly redrives: number } {
  const at = name.lastIndexOf(REDRIVEN);
  const redrives = at === -1 ? Number.NaN : Number(name.slice(at + REDRIVEN.length));
  return Number.isInteger(redrives) ? { first: name.slice(0, at), redrives } : { first: name, redrives: 0 };
}

/** Stands between a run's id and the number of the execution that does it again. */
export const REDRIVEN = '--redrive-';

export async function describeExecution({ sfn }: Deployment, arn: string): Promise<ExecutionDetail> {
  const found = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  const { name = '', status = 'RUNNING', input, output, error, cause } = found;
  const given = jsonOrUndefined(input);
  const failed = status !== 'RUNNING' && status !== 'SUCCEEDED' && status !== 'PENDING_REDRIVE';
  return {
    arn,
    name,
    status,
    started: found.startDate,
    stopped: found.stopDate,
    input: given,
    runId: runIdIn(jsonOrUndefined(output)) ?? runIdIn(given) ?? uploadedRunId(given) ?? name,
    failure: failed ? { error: error ?? status, cause: plainCause(cause ?? '') } : undefined,
  };
}

/** Of the map that began last: a workflow's batches, then the shards, which are built, then written as datasets. */
export async function mapProgress({ sfn }: Deployment, executionArn: string): Promise<MapProgress | undefined> {
  const begun: MapRunListItem[] = [];
  for await (const page of paginateListMapRuns({ client: sfn }, { executionArn })) begun.push(...(page.mapRuns ?? []));
  const [last] = begun.toSorted((one, other) => Number(other.startDate) - Number(one.startDate));
  const mapRunArn = last?.mapRunArn ?? '';
  // It ends with `/<label>:<id>`.
  const [, of] = MAPS.find(([label]) => mapRunArn.includes(`/${label}:`)) ?? [];
  if (of === undefined) return undefined;
  const { itemCounts } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
  const { total = 0, succeeded = 0, running = 0, failed = 0, aborted = 0, timedOut = 0 } = itemCounts ?? {};
  return { of, total, done: succeeded, running, failed: failed + aborted + timedOut };
}

/** By their labels in the definition, and what their children are of. */
const MAPS = [
  ['RunWorkflow', 'batch'],
  ['BuildShards', 'shard'],
  ['WriteDatasets', 'shard'],
] as const;

/** The state that was entered last. */
export async function currentState({ sfn }: Deployment, executionArn: string): Promise<string | undefined> {
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 25, includeExecutionData: false }),
  );
  return events.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails)?.stateEnteredEventDetails?.name;
}

/** In the order in which they happened. */
export async function* history({ sfn }: Deployment, executionArn: string): AsyncGenerator<HistoryEvent> {
  const input = { executionArn, includeExecutionData: true };
  for await (const page of paginateGetExecutionHistory({ client: sfn }, input)) yield* page.events ?? [];
}

const NamesRun = z.object({ run_id: z.string() });
const runIdIn = (value: unknown): string | undefined => NamesRun.safeParse(value).data?.run_id;
