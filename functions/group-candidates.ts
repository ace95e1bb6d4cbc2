import { GroupCandidatesInput } from '../lib/contract/states.ts';
import { groupCandidates } from '../lib/stages/group-candidates.ts';
import { sliceGrouped } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed(
  'group-candidates',
  async (event) => groupCandidates(GroupCandidatesInput.parse(event), deps),
  sliceGrouped,
);
