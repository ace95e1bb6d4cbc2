import { WriteDatasetsInput } from '../lib/contract/states.ts';
import { writeDatasets } from '../lib/stages/write-datasets.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed('write-datasets', async (event) =>
  writeDatasets(WriteDatasetsInput.parse(event), deps),
);
