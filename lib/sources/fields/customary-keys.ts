/*
 * What people customarily call the fields of a scored answer, the surest name first. Presets read by these names, and a
 * field map is proposed from them.
 */

export const GROUP_KEYS = [
  'group_id',
  'example_id',
  'task_id',
  'prompt_id',
  'problem_id',
  'question_id',
  'instance_id',
];
export const TURN_KEYS = ['turn_id', 'turn'];
export const INDEX_KEYS = ['candidate_index', 'rollout_index', 'sample_index'];
export const ID_KEYS = ['uuid', 'rollout_id', 'sample_id', 'id'];
export const PROMPT_KEYS = ['prompt', 'question', 'instruction', 'query', 'problem', 'context', 'input'];
export const RESPONSE_KEYS = ['completion', 'response', 'output', 'generation', 'generated_text'];
export const RESPONSE_LIST_KEYS = ['responses', 'completions', 'generations', 'outputs', 'answers'];
export const MESSAGES_KEYS = ['messages', 'conversations', 'conversation'];
export const SCORE_KEYS = ['reward', 'score'];
export const SCORE_LIST_KEYS = ['rewards', 'scores', 'reward', 'score'];
export const TOOLS_KEYS = ['tools', 'tool_defs'];
export const ERROR_KEYS = ['error'];
export const TRUNCATED_KEYS = ['truncated', 'is_truncated', 'finish_reason', 'stop_reason'];
export const METADATA_KEYS = ['metadata'];
export const CHOSEN_KEYS = ['chosen', 'chosen_response', 'preferred_output'];
export const REJECTED_KEYS = ['rejected', 'rejected_response', 'non_preferred_output'];
export const WINNER_KEYS = [
  'winner',
  'preferred',
  'better',
  'better_response_id',
  'choice',
  'verdict',
  'preference',
  'label',
];
/** Below 0 the first answer is better, above 0 the second: so in NVIDIA's HelpSteer. */
export const SIGNED_WINNER_KEYS = ['preference_strength', 'overall_preference'];
export const STRENGTH_KEYS = ['strength', 'margin'];

const ANSWERS = ['response', 'answer', 'completion', 'output', 'conversation', 'assistant', 'generation'];
const SIDES = [
  ['_a', '_b'],
  ['_A', '_B'],
  ['_1', '_2'],
  ['_0', '_1'],
  ['1', '2'],
] as const;
/** Two answers side by side. */
export const SIDE_KEYS: readonly (readonly [string, string])[] = SIDES.flatMap(([first, second]) =>
  ANSWERS.map((answer) => [`${answer}${first}`, `${answer}${second}`] as const),
);
export const SIDE_SCORE_KEYS: readonly (readonly [string, string])[] = SIDES.flatMap(([first, second]) =>
  ['score', 'rating', 'reward'].map((score) => [`${score}${first}`, `${score}${second}`] as const),
);
export const PAIR_SCORE_KEYS: readonly (readonly [string, string])[] = [
  ['score_chosen', 'score_rejected'],
  ['chosen_score', 'rejected_score'],
  ['chosen_rating', 'rejected_rating'],
];
