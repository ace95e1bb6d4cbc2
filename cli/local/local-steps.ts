import { setTimeout as sleep } from 'node:timers/promises';
import type { CaughtError } from '../../lib/contract/failure.ts';
import type { Request } from '../../lib/contract/request.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { messageInLogs } from '../../lib/stages/message-in-logs.ts';
import { planTraces } from '../../lib/stages/plan-traces.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import type { ConnectWorkflow } from '../../lib/stages/workflow/client.ts';
import type { Progress } from '../progress.ts';
import { askBatches } from './ask-batches.ts';
import { attemptStep, FailedStep, type Place } from './attempt-step.ts';
import { retried } from './retried.ts';
import { shardSteps } from './shard-steps.ts';
import type { TaskRunner } from './tasks.ts';
import { trainingSteps } from './training-steps.ts';

export interface LocalRun {
  readonly request: Request;
  readonly deps: Deps;
  readonly progress: Progress;
  /** The way to live workflows; asked for by a run that has one as its source. */
  readonly workflow: () => Promise<ConnectWorkflow>;
  /** The trainers; asked for by a run that comes to its training. */
  readonly training: () => Promise<TrainingDeps>;
  /** Shards at once; as many as this machine has cores if left out. */
  readonly atOnce?: number;
  /** So many threads, for a run that is worth them. Left out: this thread does it all. */
  readonly startWorkers?: (count: number) => Promise<TaskRunner>;
  /** What Choose may hold of the pairs, in bytes; no bound if left out. */
  readonly memoryBytes?: number;
  /** Pauses before another try, and while a job trains. */
  readonly pause?: (seconds: number) => Promise<void>;
}

export type LocalSteps = ReturnType<typeof localSteps>;

/**
 * How this machine does each step of a run: it retries by the step's rules, uses threads where that pays, and reports
 * progress.
 */
export function localSteps(run: LocalRun) {
  const { request, deps, pause = async (seconds: number) => sleep(seconds * 1000) } = run;
  const { run_id } = request;
  const attempt = attemptStep(pause);
  return {
    evaluate: async (): Promise<EvaluateOutput> => {
      run.progress.stage({ name: 'planning', unit: 'bytes', total: 0, done: () => 0 });
      const place = { state: 'Evaluate', started_with: request };
      return attempt('Evaluate', place, () => evaluate({ execution: run_id, input: request }, deps));
    },
    askWorkflow: (plan: EvaluateOutput) => askBatches(plan, run, attempt),
    planTraces: () => attempt('PlanTraces', { state: 'PlanTraces', run_id }, () => planTraces({ run_id }, deps)),
    ...shardSteps(run, attempt),
    ...trainingSteps(run, attempt),
    wait: pause,

    /** What failed, as it is recorded: the run fails by its own error, whatever becomes of the record. */
    async recordFailure(thrown: unknown): Promise<{ error: unknown; place: Place; recorded: string | null }> {
      if (!(thrown instanceof FailedStep)) return { error: thrown, place: {}, recorded: null };
      const { place, cause: error } = thrown;
      const failed = { ...place, failure: caught(error) };
      const record = () => recordFailure({ execution: run_id, failed }, deps);
      const output = await retried('RecordFailure', record, pause).catch(() => undefined);
      return { error, place, recorded: output?.recorded ?? null };
    },
  };
}

function caught(thrown: unknown): CaughtError {
  return { Error: thrown instanceof Error ? thrown.name : 'Error', Cause: messageInLogs(thrown) };
}
