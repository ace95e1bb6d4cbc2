import { ExportStretchInput } from '../lib/contract/states.ts';
import { exportStretch } from '../lib/stages/export-stretch.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed('export-stretch', async (event) =>
  exportStretch(ExportStretchInput.parse(event), deps),
);
