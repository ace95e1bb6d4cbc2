import { DeployModelInput } from '../lib/contract/training-states.ts';
import { deployModel } from '../lib/steps/deploy-model.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = async (event: unknown) => deployModel(DeployModelInput.parse(event), deps);
