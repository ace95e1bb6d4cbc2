import { SubmitTrainingInput } from '../lib/contract/training-states.ts';
import { submitTraining } from '../lib/steps/submit-training.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = async (event: unknown) => submitTraining(SubmitTrainingInput.parse(event), deps);
