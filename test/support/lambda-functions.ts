import type { Context } from 'aws-lambda';
import type { Step } from '../../lib/contract/steps.ts';

export interface LambdaFunction {
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

/** The functions' modules, by their steps. */
export const FUNCTIONS: Readonly<Record<Step, () => Promise<LambdaFunction>>> = {
  Evaluate: () => import('../../functions/evaluate.ts'),
  RunWorkflow: () => import('../../functions/run-workflow.ts'),
  PlanTraces: () => import('../../functions/plan-traces.ts'),
  GroupCandidates: () => import('../../functions/group-candidates.ts'),
  BuildShard: () => import('../../functions/build-shard.ts'),
  Choose: () => import('../../functions/choose.ts'),
  WriteDatasets: () => import('../../functions/write-datasets.ts'),
  Finalize: () => import('../../functions/finalize.ts'),
  SubmitTraining: () => import('../../functions/submit-training.ts'),
  CheckTraining: () => import('../../functions/check-training.ts'),
  DeployModel: () => import('../../functions/deploy-model.ts'),
  RecordFailure: () => import('../../functions/record-failure.ts'),
};
