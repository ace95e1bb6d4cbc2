import type { BuilderSettings } from '../contract/builder.ts';
import { toUtf8, type Utf8, utf8 } from '../objects/utf8.ts';
import type { ExampleOrigin } from './example.ts';
import type { PreferencePair } from './pairs.ts';

/**
 * A line of the collection (`Group` in contract/trajectory.ts), a piece at a time: a group can be many times the size of
 * its trace item. What repeats within it is serialised once.
 */
export function* groupText(
  origin: ExampleOrigin,
  pairs: readonly PreferencePair[],
  settings: BuilderSettings,
): Generator<Utf8> {
  const example = json(origin.exampleId);
  const key = json(origin.key);
  let opening = toUtf8(groupOpening(origin.runId, origin.exampleId));
  for (const pair of pairs) {
    yield utf8`${opening}${trajectoryText(pair, example, key, settings)}`;
    opening = COMMA;
  }
  yield toUtf8(GROUP_CLOSING);
}

/** What stands before a group's first trajectory and after its last: what a merge of two lines takes off. */
export const groupOpening = (runId: string, exampleId: string): string =>
  `{"run_id":${JSON.stringify(runId)},"example_id":${JSON.stringify(exampleId)},"trajectories":[`;
export const GROUP_CLOSING = ']}';

const trajectoryText = (pair: PreferencePair, example: Utf8, key: Utf8, settings: BuilderSettings): Utf8 => {
  const { chosen, rejected, margin } = pair;
  const reward = settings.reward_from_score_diff ? margin : chosen.score;
  const raw = settings.exhaustive_pairs
    ? utf8`"chosen_raw_metadata":${chosen.metadataJson},"rejected_raw_metadata":${rejected.metadataJson}`
    : utf8`"num_candidates":${pair.among}`;
  return utf8`{"episode":[{"prompt":${chosen.promptJson},"chosen_response":${chosen.responseJson},"rejected_response":${rejected.responseJson}}],"reward":${reward},"shaped_rewards":null,"metadata":{"dpo_type":"preference_pair","score_diff":${margin},"example_id":${example},"turn_id":${json(chosen.turnId)},"chosen_score":${chosen.score},"rejected_score":${rejected.score},"chosen_index":${chosen.index},"rejected_index":${rejected.index},${raw},"lineage":{"key":${key},"offset":${chosen.offset},"chosen_uuid":${json(chosen.uuid)},"rejected_uuid":${json(rejected.uuid)}}}}`;
};

const json = (value: string | null): Utf8 => toUtf8(JSON.stringify(value));
const COMMA = toUtf8(',');
