import * as z from 'zod';

/**
 * The lines of `collection.jsonl`. Field names and order are NAT's `Trajectory` and its DPO builder's metadata;
 * `lineage` is ours.
 */

/** A chat message. `strict` keeps it whole (`tool_calls`, `name`, null or list content); `nat` has role and text only. */
export const Message = z.looseObject({ role: z.string() });
export type Message = z.infer<typeof Message>;

/** What the candidates of a turn answered: text, or the messages up to the answer. */
export const Prompt = z.union([z.string(), z.array(Message)]);
export type Prompt = z.infer<typeof Prompt>;

/** A candidate's answer: text, or in `strict` a whole assistant message (one with tool calls, say). */
export const Response = z.union([z.string(), Message]);
export type Response = z.infer<typeof Response>;

/** Where a pair comes from: enough to find both candidates in the pinned trace object (the manifest's `inputs`). */
export const Lineage = z.strictObject({
  /** The trace object's key, relative to its bucket or to the directory given. */
  key: z.string(),
  /** The byte at which the trace item begins, in the uncompressed text. */
  offset: z.int().min(0),
  chosen_uuid: z.string().nullable(),
  rejected_uuid: z.string().nullable(),
});
export type Lineage = z.infer<typeof Lineage>;

const RawMetadata = z.record(z.string(), z.unknown());

/** A preference pair: the prompt with both answers as an episode of one step, its reward, and where it comes from. */
export const Trajectory = z.strictObject({
  episode: z.tuple([z.strictObject({ prompt: Prompt, chosen_response: Response, rejected_response: Response })]),
  /** The score difference, or the chosen score if `reward_from_score_diff` is false. */
  reward: z.number(),
  shaped_rewards: z.null(),
  metadata: z.strictObject({
    dpo_type: z.literal('preference_pair'),
    score_diff: z.number(),
    example_id: z.string(),
    turn_id: z.string(),
    chosen_score: z.number(),
    rejected_score: z.number(),
    chosen_index: z.number(),
    rejected_index: z.number(),
    /** Exhaustive pairs only. */
    chosen_raw_metadata: RawMetadata.optional(),
    rejected_raw_metadata: RawMetadata.optional(),
    /** Best against worst only. */
    num_candidates: z.int().optional(),
    lineage: Lineage,
  }),
});
export type Trajectory = z.infer<typeof Trajectory>;

/** One example's trajectories in one trace object: a line of the collection. */
export const Group = z.strictObject({
  run_id: z.string(),
  example_id: z.string(),
  trajectories: z.array(Trajectory).min(1),
});
export type Group = z.infer<typeof Group>;

/** A line of `rejected.jsonl`: one candidate, or one whole trace item, that is not in the collection, and why. */
export const Rejected = z.strictObject({
  run_id: z.string(),
  kind: z.enum(['item', 'candidate']),
  reason: z.string(),
  /** What was found, without its text: prompts and responses stay in the trace. */
  detail: z.string(),
  key: z.string(),
  offset: z.int().min(0),
  example_id: z.string().nullable(),
  turn_id: z.string().nullable(),
  candidate_uuid: z.string().nullable(),
});
export type Rejected = z.infer<typeof Rejected>;
