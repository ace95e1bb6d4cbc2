import { RecordFailureInput } from '../../lib/contract/failure.ts';
import {
  BuildShardInput,
  ChooseInput,
  EvaluateInput,
  FinalizeInput,
  GroupCandidatesInput,
  WriteDatasetsInput,
} from '../../lib/contract/states.ts';
import { CheckTrainingInput, DeployModelInput, SubmitTrainingInput } from '../../lib/contract/training-states.ts';
import { PlanTracesInput, RunWorkflowInput } from '../../lib/contract/workflow.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { checkTraining } from '../../lib/stages/check-training.ts';
import { choose } from '../../lib/stages/choose.ts';
import { deployModel } from '../../lib/stages/deploy-model.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { planTraces } from '../../lib/stages/plan-traces.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { runWorkflow } from '../../lib/stages/run-workflow.ts';
import { submitTraining } from '../../lib/stages/submit-training.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import type { ConnectWorkflow } from '../../lib/stages/workflow/client.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { type RunResult, stateMachine } from './asl/asl-runner.ts';
import { PIPELINE } from './pipeline-definition.ts';
import type { RunDeps } from './run.ts';

const machine = stateMachine(PIPELINE);

/** Whom a run calls besides the stores, where it does. */
export interface Parties {
  readonly workflow: () => Promise<ConnectWorkflow>;
  readonly training: () => Promise<TrainingDeps>;
}

/** Of runs over traces that do not train. */
export const nobody: Parties = {
  workflow: () => Promise.reject(new Error('not of this run')),
  training: () => Promise.reject(new Error('not of this run')),
};

/**
 * An execution of the real definition with the real steps, as Step Functions starts one: by its name and input. Waits and
 * pauses before a retry last no time.
 */
export async function execute(
  executionName: string,
  input: unknown,
  deps: RunDeps,
  { workflow, training }: Parties = nobody,
): Promise<RunResult> {
  return machine({
    executionName,
    input,
    handlers: {
      Evaluate: (payload) => evaluate(EvaluateInput.parse(payload), deps),
      RunWorkflow: async (payload) =>
        runWorkflow(RunWorkflowInput.parse(payload), {
          ...{ collections: deps.collections, connect: await workflow(), now: deps.now },
          ...{ sleep: async () => {}, random: () => 0, remainingMs: () => Number.POSITIVE_INFINITY },
        }),
      PlanTraces: (payload) => planTraces(PlanTracesInput.parse(payload), deps),
      GroupCandidates: (payload) => groupCandidates(GroupCandidatesInput.parse(payload), deps),
      BuildShard: (payload) => buildShard(BuildShardInput.parse(payload), deps),
      Choose: (payload) => choose(ChooseInput.parse(payload), { ...deps, memoryBytes: Number.POSITIVE_INFINITY }),
      WriteDatasets: (payload) => writeDatasets(WriteDatasetsInput.parse(payload), deps),
      Finalize: (payload) => finalize(FinalizeInput.parse(payload), deps),
      SubmitTraining: async (payload) => submitTraining(SubmitTrainingInput.parse(payload), await training()),
      CheckTraining: async (payload) => checkTraining(CheckTrainingInput.parse(payload), await training()),
      DeployModel: async (payload) => deployModel(DeployModelInput.parse(payload), await training()),
      RecordFailure: (payload) => recordFailure(RecordFailureInput.parse(payload), deps),
    },
    storeOf: () => deps.collections,
    maxConcurrency: 16,
    waits: 'skipped',
  });
}
