import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8, type Utf8, utf8 } from '../objects/utf8.ts';
import type { PreferencePair } from './pairs.ts';
import { rewardOf } from './reward.ts';

/** Where an example comes from: what its lines say of their origin. */
export interface ExampleOrigin {
  readonly runId: string;
  /** The trace object's key. */
  readonly key: string;
  readonly exampleId: string;
}

/*
 * A line of the collection (`Group` in contract/trajectory.ts) is an opening, its trajectories with commas between, and a
 * closing. A trajectory begins with its three texts, so that their bytes are found again without parsing the line.
 */

export const openGroupText = ({ runId, exampleId }: ExampleOrigin): Utf8 =>
  toUtf8(`{"run_id":${JSON.stringify(runId)},"example_id":${JSON.stringify(exampleId)},"trajectories":[`);
export const GROUP_CLOSING = toUtf8(']}\n');

const BEFORE_PROMPT = '{"episode":[{"prompt":';
const BEFORE_CHOSEN = ',"chosen_response":';
const BEFORE_REJECTED = ',"rejected_response":';

/** Bytes of a trajectory before its prompt, and between its texts. */
export const TEXT_GAPS = {
  prompt: BEFORE_PROMPT.length,
  chosen: BEFORE_CHOSEN.length,
  rejected: BEFORE_REJECTED.length,
} as const;

/** Writes the trajectories of one group. */
export function trajectoryWriter(origin: ExampleOrigin, settings: BuilderSettings): (pair: PreferencePair) => Utf8 {
  const [example, key] = [json(origin.exampleId), json(origin.key)];
  return (pair) => {
    const { chosen, rejected, margin, among } = pair;
    const raw = settings.exhaustive_pairs
      ? utf8`"chosen_raw_metadata":${chosen.metadataJson},"rejected_raw_metadata":${rejected.metadataJson}`
      : utf8`"num_candidates":${among}`;
    return utf8`${OPENING}${chosen.prompt.json}${CHOSEN}${chosen.response.json}${REJECTED}${rejected.response.json}}],"reward":${signed(rewardOf(pair, settings))},"shaped_rewards":null,"metadata":{"dpo_type":"preference_pair","score_diff":${signed(margin)},"example_id":${example},"turn_id":${json(chosen.turnId)},"chosen_score":${signed(chosen.score)},"rejected_score":${signed(rejected.score)},"chosen_index":${chosen.index},"rejected_index":${rejected.index},${raw},"lineage":{"key":${key},"offset":${chosen.offset},"chosen_uuid":${json(chosen.uuid)},"rejected_uuid":${json(rejected.uuid)}}}}`;
  };
}

const [OPENING, CHOSEN, REJECTED] = [toUtf8(BEFORE_PROMPT), toUtf8(BEFORE_CHOSEN), toUtf8(BEFORE_REJECTED)];
const json = (value: string | null): Utf8 => toUtf8(JSON.stringify(value));
/** As text, -0 is 0; in JSON it is a number of its own, and NAT writes it. */
const signed = (value: number): number | Utf8 => (Object.is(value, -0) ? NEGATIVE_ZERO : value);
const NEGATIVE_ZERO = toUtf8('-0.0');
