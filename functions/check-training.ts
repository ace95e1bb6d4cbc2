import { CheckTrainingInput } from '../lib/contract/training-states.ts';
import { checkTraining } from '../lib/steps/check-training.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = async (event: unknown) => checkTraining(CheckTrainingInput.parse(event), deps);
