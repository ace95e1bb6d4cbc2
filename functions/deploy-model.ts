import { DeployModelInput } from '../lib/contract/training-states.ts';
import { deployModel } from '../lib/steps/deploy-model.ts';
import { observed } from './observability/observed.ts';
import { trainingFromEnvironment } from './training/from-environment.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('deploy-model', async (event) => deployModel(DeployModelInput.parse(event), deps));
