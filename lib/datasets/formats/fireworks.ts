import type { Format } from './format.ts';
import { whyNotPlainPrompt } from './plain.ts';
import { together } from './together.ts';

/** Fireworks' preference format: Together's lines, of the system's, the user's and the assistant's texts. */
export const fireworks: Format = {
  ...together,
  lineLimits: { least: 3, most: 3_000_000 },
  whyNotPrompt: (prompt, settings) =>
    whyNotPlainPrompt(prompt, ['system', 'user', 'assistant']) ?? together.whyNotPrompt(prompt, settings),
};
