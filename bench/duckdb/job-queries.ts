import { join } from 'node:path';
import { pairsQuery, quote } from './pairs-query.ts';

/**
 * What `dpo run` does by default, in the folder `out`: `collection.jsonl`, and of its pairs without duplicates and
 * contradictions `training.jsonl` and `validation.jsonl` in NeMo Customizer's form, split by example, with no prompt on
 * both sides.
 */
export const jobQueries = (file: string, out: string): readonly string[] => [
  `CREATE TEMP TABLE pairs AS ${pairsQuery(file)}`,
  `COPY (
    SELECT 'bench' AS run_id, example_id, list({
      episode: [{ prompt: prompt, chosen_response: chosen_response, rejected_response: rejected_response }],
      reward: score_diff,
      shaped_rewards: [score_diff],
      metadata: {
        dpo_type: 'preference_pair', score_diff: score_diff, example_id: example_id, turn_id: turn_id,
        chosen_score: chosen_score, rejected_score: rejected_score,
        chosen_index: chosen_index, rejected_index: rejected_index,
        chosen_raw_metadata: chosen_raw_metadata, rejected_raw_metadata: rejected_raw_metadata,
        lineage: { key: ${quote(file)}, chosen_uuid: chosen_uuid, rejected_uuid: rejected_uuid }
      }
    } ORDER BY turn_id, score_diff DESC) AS trajectories
    FROM pairs GROUP BY example_id
  ) TO ${quote(join(out, 'collection.jsonl'))} (FORMAT json)`,
  `CREATE TEMP TABLE distinct_pairs AS
    SELECT prompt, chosen_response, rejected_response, any_value(example_id) AS example_id
    FROM (SELECT * REPLACE (${LAST_MESSAGE} AS prompt) FROM pairs)
    GROUP BY prompt, chosen_response, rejected_response`,
  // hash() spreads the examples evenly: a fifth of them is for validation.
  `CREATE TEMP TABLE sides AS
    SELECT *, hash(example_id) % 5 = 0 AS validates FROM distinct_pairs one
    WHERE NOT EXISTS (
      FROM distinct_pairs other
      WHERE other.prompt = one.prompt
        AND other.chosen_response = one.rejected_response AND other.rejected_response = one.chosen_response
    )`,
  copySide('NOT validates', join(out, 'training.jsonl')),
  copySide('validates AND prompt NOT IN (SELECT prompt FROM sides WHERE NOT validates)', join(out, 'validation.jsonl')),
];

/** A text prompt as it is; of messages the last one's content. */
const LAST_MESSAGE = `CASE json_type(prompt) WHEN 'ARRAY' THEN prompt->>'$[#-1].content' ELSE prompt->>'$' END`;

function copySide(which: string, file: string): string {
  return `COPY (SELECT prompt, chosen_response, rejected_response FROM sides WHERE ${which}) TO ${quote(file)} (FORMAT json)`;
}
