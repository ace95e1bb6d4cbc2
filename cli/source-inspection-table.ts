import { warnOfIncomplete } from '../lib/inspect/warnings.ts';
import type { SourceInspection } from '../lib/stages/inspect-source.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

/** An inspection of a source as a person reads it. Scores have five significant digits. */
export function sourceInspectionTable(found: SourceInspection, warnings: readonly string[]): string {
  const { containers, scores, score } = found;
  const taken = score === null ? 'none by default' : typeof score === 'string' ? score : Object.keys(score).join(' + ');
  const facts: (readonly [string, string])[] = [
    ['format', found.format],
    ['containers', list(containers, (name, objects) => `${name} in ${counted(objects, 'object')}`)],
    ['records', `${grouped(found.records)} (${bytesInWords(found.bytes)}${found.cut ? ', the first of more' : ''})`],
    ['no candidates', list(found.rejected_records, lost)],
    ['candidates', grouped(found.candidates)],
    ['left out', list(found.rejected_candidates, lost)],
    ['groups', `${grouped(found.groups)}: ${list(found.groups_by_candidates, sizes)}`],
    ['score', taken],
    ...scores.map(({ name, candidates, min, max, mean }): readonly [string, string] => [
      `  ${name}`,
      candidates === 0
        ? 'in no candidate'
        : `${short(min)} to ${short(max)}, mean ${short(mean)}, in ${grouped(candidates)}`,
    ]),
    ['unit', found.unit],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const sections = [facts.map(([name, value]) => oneLine(`${name.padEnd(width)}  ${value}`))];
  if (found.outcomes.length > 0) sections.push(['Pairs by settings', ...outcomes(found)]);
  if (warnings.length > 0) sections.push(['Warnings', ...warnings.map((warning) => `  ${oneLine(warning)}`)]);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What a run over the source would stumble on: what was found, then the way out. */
export function warnOfSource(found: SourceInspection): readonly string[] {
  const {
    scores,
    score,
    groups,
    groups_by_candidates,
    outcomes: [first],
    unused_keys,
    passed_over,
    incomplete,
  } = found;
  const alone = groups_by_candidates['1'] ?? 0;
  const named = passed_over.slice(0, 10);
  return [
    ...warnOfIncomplete(incomplete),
    ...(score === null
      ? [
          `A run needs the name of the score that compares answers, as in --set source.score=${scores[0]?.name ?? 'quality'}.`,
        ]
      : []),
    ...(alone * 2 > groups
      ? [
          `${alone} of ${groups} groups have only one candidate, so nothing to compare it with. Name the field that the candidates of a group share, as in --set source.format.group=/task_id.`,
        ]
      : []),
    ...(score !== null && first?.pairs === 0 ? ['A run with the defaults makes no pair and fails.'] : []),
    ...(first && first.ties > 0 && first.ties >= first.pairs / 4
      ? [`${first.ties} pairs are ties, against ${first.pairs} that are not. Such coarse scores teach little.`]
      : []),
    ...(unused_keys.length > 0 ? [`Keys of the records that are not used: ${unused_keys.join(', ')}.`] : []),
    ...(named.length > 0
      ? [
          `Passed over, because they hold no records of ${found.format}: ${named.join(', ')}${passed_over.length > named.length ? ` and ${passed_over.length - named.length} more` : ''}.`,
        ]
      : []),
  ];
}

function outcomes({ outcomes: all }: SourceInspection): string[] {
  const rows = all.map(({ set, pairs, ties, identical, prompt_mismatches, too_many_pairs }) => ({
    pairs: grouped(pairs),
    set: set.length === 0 ? '(defaults)' : set.map((each) => `--set ${oneLine(each)}`).join(' '),
    without: [
      ...(ties > 0 ? [`${grouped(ties)} equal scores`] : []),
      ...(identical > 0 ? [`${grouped(identical)} the same answer`] : []),
      ...(prompt_mismatches > 0 ? [`${grouped(prompt_mismatches)} different prompts`] : []),
      ...(too_many_pairs > 0 ? [`${grouped(too_many_pairs)} groups with too many pairs`] : []),
    ].join(', '),
  }));
  const [pairsWidth, setWidth] = [
    Math.max(...rows.map(({ pairs }) => pairs.length)),
    Math.max(...rows.map(({ set }) => set.length)),
  ];
  return rows.map(({ pairs, set, without }) =>
    `  ${pairs.padStart(pairsWidth)}  ${set.padEnd(setWidth)}  ${without === '' ? '' : `without ${without}`}`.trimEnd(),
  );
}

const list = (counts: Readonly<Record<string, number>>, say: (name: string, count: number) => string): string =>
  Object.entries(counts)
    .map(([name, count]) => say(name, count))
    .join(', ') || 'none';

const lost = (reason: string, count: number): string => `${grouped(count)} ${reason.replaceAll('_', ' ')}`;
const sizes = (size: string, count: number): string => `${size} in ${counted(count, 'group')}`;
const short = (score: number): string => String(Number(score.toPrecision(5)));
