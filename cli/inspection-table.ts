import type { Inspection, SettingsOutcome } from '../lib/inspect/inspection.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

/** An inspection as a person reads it. Scores have five significant digits. */
export function inspectionTable(found: Inspection, warnings: readonly string[]): string {
  const { score, prompts } = found;
  const facts: (readonly [string, string])[] = [
    ['items', `${grouped(found.items)} (${bytesInWords(found.bytes)})`],
    ['steps', counts(found.steps)],
    ['TTC names', counts(found.ttc_names)],
    ['candidates', grouped(found.candidates)],
    ['turns', grouped(found.turns)],
    ['candidates per turn', turnSizes(found.turns_by_candidates)],
    ['scores', score ? `${short(score.min)} to ${short(score.max)}, mean ${short(score.mean)}` : 'none'],
    ['prompts', counts(Object.fromEntries(Object.entries(prompts).filter(([, count]) => count > 0)))],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const sections = [facts.map(([name, value]) => oneLine(`${name.padEnd(width)}  ${value}`))];
  if (found.candidates > 0) sections.push(['Pairs by settings', ...outcomes(found.settings)]);
  if (warnings.length > 0) sections.push(['Warnings', ...warnings.map((warning) => `  ${oneLine(warning)}`)]);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function outcomes(settings: readonly SettingsOutcome[]): string[] {
  const rows = settings.map((outcome) => ({
    pairs: grouped(outcome.pairs),
    set: outcome.set.length === 0 ? '(defaults)' : outcome.set.map((each) => `--set ${each}`).join(' '),
    without: losses(outcome),
  }));
  const pairsWidth = Math.max(...rows.map(({ pairs }) => pairs.length));
  const setWidth = Math.max(...rows.map(({ set }) => set.length));
  return rows.map(({ pairs, set, without }) =>
    `  ${pairs.padStart(pairsWidth)}  ${set.padEnd(setWidth)}  ${without}`.trimEnd(),
  );
}

function losses({ ties, identical, below_min_score_diff, prompt_mismatches, too_many_pairs }: SettingsOutcome): string {
  const lost: (readonly [number, string])[] = [
    [ties, 'equal scores'],
    [identical, 'the same answer'],
    [below_min_score_diff, 'too close'],
    [prompt_mismatches, 'different prompts'],
    [too_many_pairs, 'items with too many pairs'],
  ];
  const told = lost.filter(([count]) => count > 0).map(([count, why]) => `${grouped(count)} ${why}`);
  return told.length === 0 ? '' : `without ${told.join(', ')}`;
}

const turnSizes = (turns: Readonly<Record<string, number>>): string =>
  Object.entries(turns)
    .map(([size, times]) => `${size} in ${counted(times, 'turn')}`)
    .join(', ') || 'none';

const counts = (names: Readonly<Record<string, number>>): string =>
  Object.entries(names)
    .map(([name, times]) => `${grouped(times)} ${shown(name)}`)
    .join(', ') || 'none';

/** Names come from the traces. */
const shown = (name: string): string => (/^[\w .:-]+$/.test(name) ? name : JSON.stringify(name));

const short = (score: number): string => String(Number(score.toPrecision(5)));
