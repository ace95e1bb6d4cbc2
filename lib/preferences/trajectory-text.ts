import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8, type Utf8, utf8 } from '../objects/utf8.ts';
import type { CandidatePlace } from './candidate-place.ts';
import type { PreferencePair } from './pairs.ts';
import { rewardOf } from './reward.ts';

/** Whose example it is: what its lines say of that. */
export interface ExampleOrigin {
  readonly runId: string;
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

/** A trajectory's JSON, and where in it the tools begin; 0 where it has none. */
export interface TrajectoryText {
  readonly json: Utf8;
  readonly toolsAt: number;
}

/** Writes the trajectories of one group. */
export function trajectoryWriter(
  { exampleId }: ExampleOrigin,
  settings: BuilderSettings,
): (pair: PreferencePair) => TrajectoryText {
  const example = json(exampleId);
  const writePlace = placeWriter();
  return (pair) => {
    const { chosen, rejected, margin, among } = pair;
    const raw = settings.exhaustive_pairs
      ? utf8`"chosen_raw_metadata":${chosen.metadataJson},"rejected_raw_metadata":${rejected.metadataJson}`
      : utf8`"num_candidates":${among}`;
    const before = utf8`${OPENING}${chosen.prompt.json}${CHOSEN}${chosen.response.json}${REJECTED}${rejected.response.json}}],"reward":${signed(rewardOf(pair, settings))},"shaped_rewards":null,"metadata":{"dpo_type":"preference_pair","score_diff":${signed(margin)},"example_id":${example},"turn_id":${json(chosen.turnId)},"chosen_score":${signed(chosen.score)},"rejected_score":${signed(rejected.score)},"chosen_index":${chosen.index},"rejected_index":${rejected.index},${raw},`;
    const after = utf8`"lineage":{${writePlace(chosen.place)},"chosen_uuid":${json(chosen.uuid)},"rejected_uuid":${json(rejected.uuid)}}}}`;
    if (!chosen.tools) return { json: utf8`${before}${after}`, toolsAt: 0 };
    const opened = utf8`${before}"tools":`;
    return { json: utf8`${opened}${chosen.tools.json},${after}`, toolsAt: opened.length };
  };
}

/** Pairs share their places: each is written once, one after the other mostly the same. */
function placeWriter(): (place: CandidatePlace) => Utf8 {
  const written = new Map<CandidatePlace, Utf8>();
  return (place) => {
    const known = written.get(place);
    if (known !== undefined) return known;
    const at = place.row === undefined ? utf8`"offset":${place.offset}` : utf8`"row":${place.row}`;
    const text = utf8`"key":${json(place.key)},${at}`;
    written.set(place, text);
    return text;
  };
}

const [OPENING, CHOSEN, REJECTED] = [toUtf8(BEFORE_PROMPT), toUtf8(BEFORE_CHOSEN), toUtf8(BEFORE_REJECTED)];
const json = (value: string | null): Utf8 => toUtf8(JSON.stringify(value));
/** As text, -0 is 0; in JSON it is a number of its own, and NAT writes it. */
const signed = (value: number): number | Utf8 => (Object.is(value, -0) ? NEGATIVE_ZERO : value);
const NEGATIVE_ZERO = toUtf8('-0.0');
