import { reasonInWords } from '../lib/datasets/loss-words.ts';
import { warnOfIncomplete } from '../lib/inspect/warnings.ts';
import type { SourceInspection, SourceOutcome } from '../lib/stages/inspect-source.ts';
import { aligned, listInWords, type Outcome, outcomeLines, page, scoreInWords, section } from './table.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

/** An inspection of a source as a person reads it. Scores have five significant digits. */
export function sourceInspectionTable(found: SourceInspection, warnings: readonly string[]): string {
  const { containers, scores, score } = found;
  const taken = score === null ? 'none by default' : typeof score === 'string' ? score : Object.keys(score).join(' + ');
  const facts: readonly (readonly string[])[] = [
    ['format', found.format],
    ['containers', listInWords(containers, (name, objects) => `${name} in ${counted(objects, 'object')}`)],
    ['records', `${grouped(found.records)} (${bytesInWords(found.bytes)}${found.cut ? ', the first of more' : ''})`],
    ['no candidates', listInWords(found.rejected_records, lost)],
    ['candidates', grouped(found.candidates)],
    ['left out', listInWords(found.rejected_candidates, lost)],
    ['groups', `${grouped(found.groups)}: ${listInWords(found.groups_by_candidates, sizes)}`],
    ['score', taken],
    ...scores.map(({ name, candidates, min, max, mean }): readonly string[] => [
      `  ${name}`,
      candidates === 0
        ? 'in no candidate'
        : `${scoreInWords(min)} to ${scoreInWords(max)}, mean ${scoreInWords(mean)}, in ${grouped(candidates)}`,
    ]),
    ['unit', found.unit],
  ];
  return page([
    aligned(facts).map(oneLine),
    section('Pairs by settings', outcomeLines(found.outcomes.map(outcomeOf))),
    section('Warnings', warnings),
  ]);
}

const outcomeOf = ({ set, pairs, ...lost }: SourceOutcome): Outcome => ({
  ...{ set, pairs },
  losses: [
    [lost.ties, 'equal scores'],
    [lost.identical, 'the same answer'],
    [lost.prompt_mismatches, 'different prompts'],
    [lost.too_many_pairs, 'groups with too many pairs'],
  ],
});

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

const lost = (reason: string, count: number): string => `${grouped(count)} ${reasonInWords(reason)}`;
const sizes = (size: string, count: number): string => `${size} in ${counted(count, 'group')}`;
