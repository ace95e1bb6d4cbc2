import type { NamedDifference } from './diff-runs.ts';
import { page, section } from './table.ts';
import { counted, grouped } from './wording.ts';

/** A difference as a person reads it: why first, then what. */
export function differenceText(found: NamedDifference): string {
  const { a, b, pairs } = found;
  const same = pairs.only_in_a + pairs.only_in_b + pairs.rescored === 0;
  return page([
    [same ? `${a} and ${b} have the same pairs.` : `${a} and ${b} differ.`],
    section(
      'Settings',
      found.settings.map(({ setting, a, b }) => `${setting}: ${shown(a)} -> ${shown(b)}`),
    ),
    section(
      'Traces',
      found.inputs.map(({ key, change }) => `${key}: ${INPUT_CHANGES[change]}`),
    ),
    section(
      'Counters',
      found.totals.map(({ counter, a, b }) => `${counter}: ${grouped(a)} -> ${grouped(b)} (${signed(b - a)})`),
    ),
    section('Pairs', [
      `${grouped(pairs.in_both)} in both${pairs.rescored > 0 ? `, ${grouped(pairs.rescored)} of them with other scores` : ''}`,
      `${grouped(pairs.only_in_a)} only in ${a}`,
      `${grouped(pairs.only_in_b)} only in ${b}`,
    ]),
    section('Examples that differ', examples(found)),
  ]);
}

function examples({ examples: counts, first, a, b }: NamedDifference): string[] {
  const total = counts.only_in_a + counts.only_in_b + counts.changed;
  const lines = first.map(({ example_id, only_in_a, only_in_b, rescored }) => {
    const changes = [
      only_in_a > 0 ? `${counted(only_in_a, 'pair')} only in ${a}` : '',
      only_in_b > 0 ? `${counted(only_in_b, 'pair')} only in ${b}` : '',
      rescored > 0 ? `${rescored} rescored` : '',
    ];
    return `${shown(example_id)}: ${changes.filter((change) => change !== '').join(', ')}`;
  });
  return total > first.length ? [...lines, `and ${grouped(total - first.length)} more`] : lines;
}

const INPUT_CHANGES = {
  only_in_a: 'only the first run read it',
  only_in_b: 'only the second run read it',
  changed: 'its bytes changed',
} as const;

const shown = (value: unknown): string => JSON.stringify(value) ?? 'not set';
const signed = (change: number): string => (change > 0 ? `+${grouped(change)}` : `-${grouped(-change)}`);
