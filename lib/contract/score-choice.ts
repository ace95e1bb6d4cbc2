import * as z from 'zod';

/** The name of a score (`quality`), or a JSON Pointer to it in the record (`/metrics/right`). */
const ScoreName = z.string().min(1);

/** `source.score`: one score, or several of them with the weight of each in their sum. */
export const ScoreChoice = z.union([
  ScoreName,
  z.record(ScoreName, z.number()).refine((weights) => Object.keys(weights).length > 0, {
    error: 'name at least one score and its weight',
  }),
]);
export type ScoreChoice = z.infer<typeof ScoreChoice>;
