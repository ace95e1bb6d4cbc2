import { setTimeout as sleep } from 'node:timers/promises';
import definition from '../../infra/pipeline.asl.json' with { type: 'json' };
import { placeOf, RecordFailureInput } from '../../lib/contract/failure.ts';
import { shortened } from '../../lib/contract/failure-cause.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import type { Request } from '../../lib/contract/request.ts';
import {
  BuildShardInput,
  EvaluateInput,
  EvaluateOutput,
  ExportStretchInput,
  FinalizeInput,
} from '../../lib/contract/states.ts';
import {
  CheckTrainingInput,
  DeployModelInput,
  SubmitTrainingInput,
  type TrainingOutput,
  type TrainingProgress,
} from '../../lib/contract/training-states.ts';
import { PlanTracesInput, RunWorkflowInput } from '../../lib/contract/workflow.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readAll } from '../../lib/objects/store.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { checkTraining } from '../../lib/stages/check-training.ts';
import { deployModel } from '../../lib/stages/deploy-model.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { type ExportLimits, NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import { planTraces } from '../../lib/stages/plan-traces.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { runWorkflow } from '../../lib/stages/run-workflow.ts';
import { submitTraining } from '../../lib/stages/submit-training.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import type { ConnectWorkflow } from '../../lib/stages/workflow/client.ts';
import type { Progress } from '../progress.ts';
import { type RunResult, stateMachine } from './asl-runner.ts';
import type { Waits } from './interpreter.ts';
import { withoutTimeouts } from './without-timeouts.ts';

export interface LocalRun {
  readonly request: Request;
  readonly deps: Deps;
  readonly progress: Progress;
  /** The way to live workflows; asked for by a run that has one as its source. */
  readonly workflow: () => Promise<ConnectWorkflow>;
  /** The trainers; asked for by a run that comes to its training. */
  readonly training: () => Promise<TrainingDeps>;
  readonly waits?: Waits;
  readonly limits?: ExportLimits;
}

export interface Committed {
  readonly manifest: Manifest;
  /** The run was committed before; nothing was done but, where it trains, to follow its job on. */
  readonly before: boolean;
  /** Where the training ended; undefined for a run that asks for none. */
  readonly training: TrainingProgress | undefined;
}

// test/infra/state-machine.test.ts holds it against the grammar.
const pipeline = stateMachine(withoutTimeouts(definition), 'sound');

/** Runs the pipeline's own state machine in this process. Throws the error that its failing step threw. */
export async function runLocally(run: LocalRun): Promise<Committed> {
  const { request, deps, progress, waits = 'real', limits = NO_LIMITS } = run;
  let before = false;
  const thrown: Error[] = [];
  let trained: TrainingProgress | undefined;
  const watched = (step: (payload: unknown) => Promise<unknown>) => async (payload: unknown) => {
    try {
      return await step(payload);
    } catch (error) {
      if (error instanceof Error) thrown.push(error);
      throw error;
    }
  };
  const planned = ({ shards, inputs, input_bytes: bytes }: EvaluateOutput) =>
    progress.planned({ shards, inputs, bytes });
  let connect: Promise<ConnectWorkflow> | undefined;
  let given: Promise<TrainingDeps> | undefined;
  const trains = (step: (payload: unknown, deps: TrainingDeps) => Promise<TrainingOutput>) =>
    watched(async (payload) => {
      given ??= run.training();
      const output = await step(payload, await given);
      if (output.training.message !== trained?.message) progress.training(output.training.message);
      trained = output.training;
      return output;
    });

  const result = await pipeline({
    input: request,
    executionName: request.run_id,
    handlers: {
      EvaluateFunction: watched(async (payload) => {
        const plan = EvaluateOutput.parse(await evaluate(EvaluateInput.parse(payload), { ...deps, remainingMs }));
        before = plan.status === 'committed';
        if (plan.workflow) progress.asking(plan.workflow);
        else if (!before) planned(plan);
        return plan;
      }),
      RunWorkflowFunction: watched(async (payload) => {
        connect ??= run.workflow();
        const output = await runWorkflow(RunWorkflowInput.parse(payload), {
          collections: deps.collections,
          connect: await connect,
          now: deps.now,
          sleep,
          random: Math.random,
          remainingMs,
        });
        if (output.done) progress.batchAsked(output);
        return output;
      }),
      PlanTracesFunction: watched(async (payload) => {
        const plan = await planTraces(PlanTracesInput.parse(payload), deps);
        planned(plan);
        return plan;
      }),
      BuildShardFunction: watched(async (payload) => {
        const built = await buildShard(BuildShardInput.parse(payload), deps);
        progress.shardBuilt();
        return built;
      }),
      FinalizeFunction: watched(async (payload) => {
        const input = FinalizeInput.parse(payload);
        if (!before && input.status !== 'exporting') progress.finalizing();
        return finalize(input, { ...deps, ...limits });
      }),
      ExportStretchFunction: watched((payload) => exportStretch(ExportStretchInput.parse(payload), deps)),
      SubmitTrainingFunction: trains((payload, given) => submitTraining(SubmitTrainingInput.parse(payload), given)),
      CheckTrainingFunction: trains((payload, given) => checkTraining(CheckTrainingInput.parse(payload), given)),
      DeployModelFunction: trains((payload, given) => deployModel(DeployModelInput.parse(payload), given)),
      RecordFailureFunction: async (payload) => {
        const input = RecordFailureInput.parse(payload);
        const output = await recordFailure(input, deps);
        if (output.recorded !== null) {
          progress.failed(placeOf(input.failed), `${deps.collections.name}/${output.recorded}`);
        }
        return output;
      },
    },
    storeOf: (bucket) => (bucket === deps.collectionsBucket ? deps.collections : deps.bucket(bucket)),
    maxConcurrency: MOST_SHARDS_AT_ONCE,
    waits,
  });
  if (result.status === 'failed') throw thrown.findLast(isOf(result)) ?? new Error(`${result.error}: ${result.cause}`);
  const manifest = await readAll(deps.collections, runKeys(request.run_id).manifest);
  return { manifest: Manifest.parse(JSON.parse(decode(manifest))), before, training: trained };
}

/** Shards fail at the same time, and are tried again: the error that ended the run is the one that the run tells. */
const isOf =
  ({ error, cause }: Extract<RunResult, { status: 'failed' }>) =>
  ({ name, message }: Error): boolean =>
    name === error && shortened(message) === cause;

/** Nothing stops this process after a time. */
const remainingMs = () => Number.POSITIVE_INFINITY;

/** One process gains nothing from more, and each shard being built holds a part of its traces in memory. */
const MOST_SHARDS_AT_ONCE = 16;

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
