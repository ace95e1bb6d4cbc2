import { type RunResult, stateMachine } from '../../cli/local/asl-runner.ts';

import { RecordFailureInput } from '../../lib/contract/failure.ts';
import { BuildShardInput, EvaluateInput, ExportStretchInput, FinalizeInput } from '../../lib/contract/states.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { PIPELINE } from './pipeline-definition.ts';
import type { RunDeps } from './run.ts';

const machine = stateMachine(PIPELINE);

/**
 * An execution of the real definition with the real steps, as Step Functions starts one: by its name and input. Of runs
 * over traces that do not train. Pauses before a retry last no time.
 */
export async function execute(executionName: string, input: unknown, deps: RunDeps): Promise<RunResult> {
  const otherRun = () => Promise.reject(new Error('not of this run'));
  return machine({
    executionName,
    input,
    handlers: {
      EvaluateFunction: (payload) => evaluate(EvaluateInput.parse(payload), deps),
      BuildShardFunction: (payload) => buildShard(BuildShardInput.parse(payload), deps),
      FinalizeFunction: (payload) => finalize(FinalizeInput.parse(payload), { ...NO_LIMITS, ...deps }),
      ExportStretchFunction: (payload) => exportStretch(ExportStretchInput.parse(payload), deps),
      RecordFailureFunction: (payload) => recordFailure(RecordFailureInput.parse(payload), deps),
      ...{ RunWorkflowFunction: otherRun, PlanTracesFunction: otherRun },
      ...{ SubmitTrainingFunction: otherRun, CheckTrainingFunction: otherRun, DeployModelFunction: otherRun },
    },
    storeOf: () => deps.collections,
    maxConcurrency: 16,
    waits: 'skipped',
  });
}
