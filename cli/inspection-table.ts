import type { Inspection, SettingsOutcome } from '../lib/inspect/inspection.ts';
import { aligned, listInWords, type Outcome, outcomeLines, page, scoreInWords, section } from './table.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

/** An inspection as a person reads it. Scores have five significant digits. */
export function inspectionTable(found: Inspection, warnings: readonly string[]): string {
  const { score, prompts } = found;
  const facts: readonly (readonly string[])[] = [
    ['items', `${grouped(found.items)} (${bytesInWords(found.bytes)})`],
    ['steps', listInWords(found.steps, named)],
    ['TTC names', listInWords(found.ttc_names, named)],
    ['candidates', grouped(found.candidates)],
    ['turns', grouped(found.turns)],
    ['candidates per turn', listInWords(found.turns_by_candidates, size)],
    [
      'scores',
      score ? `${scoreInWords(score.min)} to ${scoreInWords(score.max)}, mean ${scoreInWords(score.mean)}` : 'none',
    ],
    ['prompts', listInWords(Object.fromEntries(Object.entries(prompts).filter(([, count]) => count > 0)), named)],
  ];
  return page([
    aligned(facts).map(oneLine),
    section('Pairs by settings', found.candidates > 0 ? outcomeLines(found.settings.map(outcomeOf)) : []),
    section('Warnings', warnings),
  ]);
}

const outcomeOf = ({ set, pairs, ...lost }: SettingsOutcome): Outcome => ({
  ...{ set, pairs },
  losses: [
    [lost.ties, 'equal scores'],
    [lost.identical, 'the same answer'],
    [lost.below_min_score_diff, 'too close'],
    [lost.prompt_mismatches, 'different prompts'],
    [lost.too_many_pairs, 'items with too many pairs'],
  ],
});

const size = (candidates: string, turns: number): string => `${candidates} in ${counted(turns, 'turn')}`;

/** Names come from the traces. */
const named = (name: string, times: number): string =>
  `${grouped(times)} ${/^[\w .:-]+$/.test(name) ? name : JSON.stringify(name)}`;
