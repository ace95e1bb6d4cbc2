import type { TraceObject } from '../../contract/plan.ts';
import type { TraceSource } from '../../contract/source.ts';
import {
  isEvaluatorOutputName,
  nameOf,
  passOverNatFiles,
  WORKFLOW_OUTPUT,
} from '../../sources/formats/nat/evaluation-folder.ts';
import { isObject } from '../../sources/json/exact-json.ts';
import { listOf, memberOf } from '../../sources/json/members.ts';
import type { Deps } from '../deps.ts';
import { PLAIN } from './find-formats.ts';
import { lookAtObject } from './sample-object.ts';

/**
 * Whether the objects are an evaluation of NAT whose answers are compared by its evaluators: the request names a score, or
 * the first answers are repetitions and none of them has a candidate of its own.
 */
export async function isScoredEvaluation(
  { score, container, nat_keys }: TraceSource,
  objects: readonly TraceObject[],
  deps: Deps,
): Promise<boolean> {
  const { passedOver } = passOverNatFiles(objects.map(({ key }) => key));
  if (container !== undefined || !passedOver.some((key) => isEvaluatorOutputName(nameOf(key)))) return false;
  if (score !== undefined) return true;
  const outputs = objects.find(({ key }) => nameOf(key) === WORKFLOW_OUTPUT);
  if (!outputs) return false;
  const { records } = await (await lookAtObject(outputs, undefined, deps)).sample(PLAIN);
  const { id_key = 'id', trajectory_key = 'intermediate_steps' } = nat_keys ?? {};
  const isRepetition = (record: unknown) => isObject(record) && /_rep\d+$/.test(String(record[id_key]));
  return (
    records.length > 0 && records.every(isRepetition) && !records.some((record) => hasCandidate(record, trajectory_key))
  );
}

const hasCandidate = (record: unknown, trajectoryKey: string): boolean =>
  listOf(memberOf(record, trajectoryKey)).some((step) => memberOf(step, 'payload', 'event_type') === 'TTC_END');
