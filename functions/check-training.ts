import { CheckTrainingInput } from '../lib/contract/training-states.ts';
import { checkTraining } from '../lib/steps/check-training.ts';
import { observed } from './observability/observed.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('check-training', async (event) =>
  checkTraining(CheckTrainingInput.parse(event), deps),
);
