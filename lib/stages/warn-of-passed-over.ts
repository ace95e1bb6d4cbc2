import type { Beside, RunSource } from '../contract/run-source.ts';
import { describeBeside } from './tally-beside.ts';

/** What a run did not read of a folder: a sentence for each reason, with the first names. */
export function warnOfPassedOver({
  format,
  passed_over: { count, keys },
  beside,
}: Pick<RunSource, 'format' | 'passed_over'> & { readonly beside: readonly Beside[] }): string[] {
  const others = beside.map(describeBeside);
  if (count === 0) return others;
  const named = [...keys, ...(count > keys.length ? [`${count - keys.length} more`] : [])].join(', ');
  const why =
    format === 'nat'
      ? 'NAT writes them beside its traces'
      : `they hold no records of ${typeof format === 'string' ? format : 'the field map'}`;
  return [`Passed over, because ${why}: ${named}.`, ...others];
}
