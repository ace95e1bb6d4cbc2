import { SubmitTrainingInput } from '../lib/contract/training-states.ts';
import { submitTraining } from '../lib/steps/submit-training.ts';
import { observed } from './observability/observed.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('submit-training', async (event) =>
  submitTraining(SubmitTrainingInput.parse(event), deps),
);
