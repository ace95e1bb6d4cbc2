import type { TrainingOutput } from '../../lib/contract/training-states.ts';
import { checkTraining } from '../../lib/stages/check-training.ts';
import { deployModel } from '../../lib/stages/deploy-model.ts';
import { submitTraining } from '../../lib/stages/submit-training.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import type { AttemptStep } from './attempt-step.ts';
import type { LocalRun } from './local-steps.ts';

/** The steps of a training; the trainers are asked for by the first of them. */
export function trainingSteps({ request, progress, training }: LocalRun, attempt: AttemptStep) {
  const { run_id } = request;
  let given: Promise<TrainingDeps> | undefined;
  let reported: string | undefined;
  const step =
    <Input>(
      name: 'SubmitTraining' | 'CheckTraining' | 'DeployModel',
      work: (input: Input, deps: TrainingDeps) => Promise<TrainingOutput>,
    ) =>
    async (input: Input): Promise<TrainingOutput> => {
      const output = await attempt(name, { state: name, run_id }, async () => {
        given ??= training();
        return work(input, await given);
      });
      if (output.training.message !== reported) progress.training(output.training.message);
      reported = output.training.message;
      return output;
    };
  return {
    submitTraining: step('SubmitTraining', submitTraining),
    checkTraining: step('CheckTraining', checkTraining),
    deployModel: step('DeployModel', deployModel),
  };
}
