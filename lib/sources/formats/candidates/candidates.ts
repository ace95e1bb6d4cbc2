import { fieldFormat } from '../../fields/field-format.ts';
import { everyRecord } from '../../source-format.ts';
import { isCandidateLine } from './candidate-line.ts';

/**
 * The project's own plainest form, `{example_id, turn_id, candidate_index, score, prompt, response, metadata}` a
 * candidate, in any order. JSON lines whose examples are adjacent are read faster, without this format: see `line-runs.ts`.
 */
export const candidates = fieldFormat({
  name: 'candidates',
  holds: 'answers',
  defaultScore: 'score',
  scattered: true,
  fields: {
    group: ['/example_id'],
    turn: ['/turn_id'],
    index: ['/candidate_index'],
    prompt: ['/prompt'],
    response: ['/response'],
    score: ['/score'],
    tools: ['/tools'],
    metadata: ['/metadata'],
  },
  rules: { customary: new Set(['turn', 'index', 'prompt', 'tools', 'metadata']) },
  detect: everyRecord(isCandidateLine),
});
