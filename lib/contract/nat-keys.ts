import * as z from 'zod';

const key = (name: string) => z.string().min(1).default(name);

/**
 * The keys of NAT's `workflow_output.json`, under the names of the settings of `eval.general.dataset` that rename them:
 * `id_key`, and those of `structure`.
 */
export const NatKeys = z.strictObject({
  id_key: key('id'),
  question_key: key('question'),
  answer_key: key('answer'),
  generated_answer_key: key('generated_answer'),
  trajectory_key: key('intermediate_steps'),
  expected_trajectory_key: key('expected_intermediate_steps'),
});
export type NatKeys = z.infer<typeof NatKeys>;
