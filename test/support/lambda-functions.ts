import type { Context } from 'aws-lambda';

export interface LambdaFunction {
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

/** The functions' modules, by the names that stand for them in the state machine's definition. */
export const FUNCTIONS: Readonly<Record<string, () => Promise<LambdaFunction>>> = {
  EvaluateFunction: () => import('../../functions/evaluate.ts'),
  RunWorkflowFunction: () => import('../../functions/run-workflow.ts'),
  PlanTracesFunction: () => import('../../functions/plan-traces.ts'),
  BuildShardFunction: () => import('../../functions/build-shard.ts'),
  FinalizeFunction: () => import('../../functions/finalize.ts'),
  ExportStretchFunction: () => import('../../functions/export-stretch.ts'),
  SubmitTrainingFunction: () => import('../../functions/submit-training.ts'),
  CheckTrainingFunction: () => import('../../functions/check-training.ts'),
  DeployModelFunction: () => import('../../functions/deploy-model.ts'),
  RecordFailureFunction: () => import('../../functions/record-failure.ts'),
};
