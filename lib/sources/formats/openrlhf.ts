import { fieldFormat } from '../fields/field-format.ts';
import { isObject } from '../json/exact-json.ts';

/**
 * What OpenRLHF's batch inference wrote, rewards of a reward model: a rendered prompt, an answer with its stop token, a
 * reward. The sampler's padding repeats rows, and an interrupted run leaves them in parts.
 */
export const openrlhf = fieldFormat({
  name: 'openrlhf',
  generic: false,
  holds: 'answers',
  defaultScore: 'reward',
  scattered: true,
  fields: { prompt: ['/input'], response: ['/output'], score: ['/reward'] },
  rules: { rendered: true },
  detect: ({ records }) => (records.length > 0 && records.every(isRow) ? 'sure' : 'no'),
});

const isRow = (record: unknown): boolean =>
  isObject(record) &&
  Object.keys(record).toSorted().join() === 'input,output,reward' &&
  typeof record.input === 'string' &&
  typeof record.output === 'string';
