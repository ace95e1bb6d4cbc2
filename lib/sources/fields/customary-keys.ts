/**
 * What people customarily call the fields of a scored answer, the surest name first. Presets read by these names, and a
 * field map is proposed from them.
 */
export const KEYS = {
  group: ['group_id', 'example_id', 'task_id', 'prompt_id', 'problem_id', 'question_id', 'instance_id'],
  turn: ['turn_id', 'turn'],
  index: ['candidate_index', 'rollout_index', 'sample_index'],
  id: ['uuid', 'rollout_id', 'sample_id', 'id'],
  prompt: ['prompt', 'question', 'instruction', 'query', 'problem', 'context', 'input'],
  response: ['completion', 'response', 'output', 'generation', 'generated_text'],
  responseList: ['responses', 'completions', 'generations', 'outputs', 'answers'],
  messages: ['messages', 'conversations', 'conversation'],
  score: ['reward', 'score'],
  scoreList: ['rewards', 'scores', 'reward', 'score'],
  tools: ['tools', 'tool_defs'],
  error: ['error'],
  truncated: ['truncated', 'is_truncated', 'finish_reason', 'stop_reason'],
  metadata: ['metadata'],
  chosen: ['chosen', 'chosen_response', 'preferred_output'],
  rejected: ['rejected', 'rejected_response', 'non_preferred_output'],
  winner: ['winner', 'preferred', 'better', 'better_response_id', 'choice', 'verdict', 'preference', 'label'],
  /** Below 0 the first answer is better, above 0 the second: so in NVIDIA's HelpSteer. */
  signedWinner: ['preference_strength', 'overall_preference'],
  strength: ['strength', 'margin'],
};
export const ALL_WINNER_KEYS = [...KEYS.winner, ...KEYS.signedWinner];

const SIDES = [
  ['_a', '_b'],
  ['_A', '_B'],
  ['_1', '_2'],
  ['_0', '_1'],
  ['1', '2'],
] as const;
const bothSides = (names: readonly string[]): readonly (readonly [string, string])[] =>
  SIDES.flatMap(([first, second]) => names.map((name) => [`${name}${first}`, `${name}${second}`] as const));

/** Two answers side by side. */
export const SIDE_KEYS = bothSides([
  'response',
  'answer',
  'completion',
  'output',
  'conversation',
  'assistant',
  'generation',
]);
export const SIDE_SCORE_KEYS = bothSides(['score', 'rating', 'reward']);
export const PAIR_SCORE_KEYS = [
  ['score_chosen', 'score_rejected'],
  ['chosen_score', 'rejected_score'],
  ['chosen_rating', 'rejected_rating'],
];
