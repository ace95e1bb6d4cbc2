import { trainingFromEnvironment } from '../adapters/trainers/from-environment.ts';
import { SubmitTrainingInput } from '../lib/contract/training-states.ts';
import { submitTraining } from '../lib/stages/submit-training.ts';
import { observed } from './observability/observed.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('submit-training', async (event) =>
  submitTraining(SubmitTrainingInput.parse(event), deps),
);
