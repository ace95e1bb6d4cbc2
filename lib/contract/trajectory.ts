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

/**
 * A candidate's answer: text, or in `strict` a whole assistant message (one with tool calls, say), or with `builder.unit`
 * `trajectory` all messages up to the last one of the assistant.
 */
export const Response = z.union([z.string(), Message, z.array(Message).min(1)]);
export type Response = z.infer<typeof Response>;

/** The trace object's key, relative to its bucket or to the directory given; of an archive with `!/` and the entry. */
const key = z.string();
/** The byte at which the record begins, in the uncompressed text. */
const offset = z.int().min(0);
/** Of Parquet, in place of the byte: the record's row. */
const row = z.int().min(0);

const absent = z.undefined().optional();

const uuids = { chosen_uuid: z.string().nullable(), rejected_uuid: z.string().nullable() };

/** Where a pair comes from: enough to find both candidates in the pinned trace object (the manifest's `inputs`). */
export const Lineage = z.union([
  z.strictObject({ key, offset, row: absent, ...uuids }),
  z.strictObject({ key, row, offset: absent, ...uuids }),
]);
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
    /** The tools that the candidates were offered, as the source has them. */
    tools: z.array(z.unknown()).min(1).optional(),
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

const loss = {
  run_id: z.string(),
  kind: z.enum(['item', 'candidate']),
  reason: z.string(),
  /** What was found, without its text: prompts and responses stay in the trace. */
  detail: z.string(),
};
const lost = {
  example_id: z.string().nullable(),
  turn_id: z.string().nullable(),
  candidate_uuid: z.string().nullable(),
};

/** A line of `rejected.jsonl`: one candidate, or one whole trace item, that is not in the collection, and why. */
export const Rejected = z.union([
  z.strictObject({ ...loss, key, offset, row: absent, ...lost }),
  z.strictObject({ ...loss, key, row, offset: absent, ...lost }),
]);
export type Rejected = z.infer<typeof Rejected>;
