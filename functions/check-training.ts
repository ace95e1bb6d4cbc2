import { trainingFromEnvironment } from '../adapters/trainers/from-environment.ts';
import { CheckTrainingInput } from '../lib/contract/training-states.ts';
import { checkTraining } from '../lib/stages/check-training.ts';
import { observed } from './observability/observed.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('check-training', async (event) =>
  checkTraining(CheckTrainingInput.parse(event), deps),
);
