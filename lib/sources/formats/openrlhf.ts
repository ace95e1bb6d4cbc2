import { fieldFormat } from '../fields/field-format.ts';
import { everyRecord } from '../source-format.ts';

/**
 * What OpenRLHF's batch inference wrote, rewards of a reward model: a rendered prompt, an answer with its stop token, a
 * reward. The sampler's padding repeats rows, and an interrupted run leaves them in parts.
 */
export const openrlhf = fieldFormat({
  name: 'openrlhf',
  holds: 'answers',
  defaultScore: 'reward',
  scattered: true,
  fields: { prompt: ['/input'], response: ['/output'], score: ['/reward'] },
  rules: { rendered: true },
  detect: everyRecord(
    (record) =>
      Object.keys(record).toSorted().join() === 'input,output,reward' &&
      typeof record.input === 'string' &&
      typeof record.output === 'string',
  ),
});
