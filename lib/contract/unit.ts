import * as z from 'zod';

/**
 * `builder.unit`: what a pair is made of, where answers are conversations. `turn`: a single answer. `final`: the answer
 * that a conversation ends with. `divergence`: the first message in which conversations differ. `trajectory`: all that
 * follows the prompt.
 */
export const Unit = z.enum(['turn', 'final', 'divergence', 'trajectory']);
export type Unit = z.infer<typeof Unit>;
