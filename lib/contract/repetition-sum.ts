import * as z from 'zod';

/** What a shard has of one repetition of a workflow's dataset. Rewards are in the score's own unit. */
export const RepetitionSum = z.strictObject({
  /** From 0. */
  repetition: z.int().min(0),
  pairs: z.int().min(1),
  total: z.number(),
  min: z.number(),
  max: z.number(),
});
export type RepetitionSum = z.infer<typeof RepetitionSum>;
