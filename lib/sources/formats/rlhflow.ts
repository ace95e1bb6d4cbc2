import { fieldFormat } from '../fields/field-format.ts';
import { looksRendered } from '../fields/looks-rendered.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject } from '../json/exact-json.ts';
import { everyRecord } from '../source-format.ts';

/**
 * What RLHFlow's reward models write: instances of a rendered prompt, its responses and their rewards, as lines or in
 * LMFlow's document `{type, instances}`.
 */
export const rlhflow = fieldFormat({
  name: 'rlhflow',
  holds: 'answers',
  defaultScore: 'reward',
  scattered: false,
  listKey: 'instances',
  open: instanceIn,
  fields: { prompt: ['/prompt'], response: ['/responses'], score: [{ reward: '/rewards' }] },
  rules: { rendered: true },
  detect: everyRecord(isInstance),
});

function instanceIn(record: unknown): unknown {
  return isObject(record) && isObject(record.instances) ? record.instances : record;
}

/** Lines of these keys with a prompt that is not rendered are scored lists of anyone's. */
function isInstance(record: unknown): boolean {
  const instance = instanceIn(record);
  return (
    isObject(instance) &&
    Object.keys(instance).toSorted().join() === 'prompt,responses,rewards' &&
    Array.isArray(unwrapJson(instance.responses)) &&
    Array.isArray(unwrapJson(instance.rewards)) &&
    (instance !== record || (typeof instance.prompt === 'string' && looksRendered(instance.prompt)))
  );
}
