import { trainingFromEnvironment } from '../adapters/trainers/from-environment.ts';
import { DeployModelInput } from '../lib/contract/training-states.ts';
import { deployModel } from '../lib/stages/deploy-model.ts';
import { observed } from './observability/observed.ts';

const deps = trainingFromEnvironment(process.env);

export const handler = observed('deploy-model', async (event) => deployModel(DeployModelInput.parse(event), deps));
