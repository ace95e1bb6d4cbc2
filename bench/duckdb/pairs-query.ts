/** The strict pairs of NAT's traces: unnest the steps, keep the candidates, pair them within their turns. */
export const pairsQuery = (file: string): string => `
  WITH candidates AS (
    SELECT id AS example_id, step.payload AS p, step.payload.data AS d
    FROM (
      SELECT id, unnest(intermediate_steps) AS step
      FROM read_json(${quote(file)}, maximum_object_size = 67108864, columns = {
        id: 'VARCHAR',
        intermediate_steps: 'STRUCT(payload STRUCT(event_type VARCHAR, name VARCHAR, UUID VARCHAR, metadata JSON, data STRUCT(turn_id VARCHAR, candidate_index INTEGER, score DOUBLE, input JSON, output VARCHAR)))[]'
      })
    )
    WHERE step.payload.event_type = 'TTC_END' AND step.payload.name = 'dpo_candidate_move'
      AND step.payload.data.output <> ''
  )
  SELECT c.example_id, c.d.turn_id AS turn_id, c.d.input AS prompt,
         c.d.output AS chosen_response, r.d.output AS rejected_response, c.d.score - r.d.score AS score_diff,
         c.d.score AS chosen_score, r.d.score AS rejected_score,
         c.d.candidate_index AS chosen_index, r.d.candidate_index AS rejected_index,
         c.p.metadata AS chosen_raw_metadata, r.p.metadata AS rejected_raw_metadata,
         c.p.UUID AS chosen_uuid, r.p.UUID AS rejected_uuid
  FROM candidates c JOIN candidates r
    ON c.example_id = r.example_id AND c.d.turn_id = r.d.turn_id AND c.d.score > r.d.score
  WHERE c.d.output <> r.d.output AND c.d.input = r.d.input`;

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
