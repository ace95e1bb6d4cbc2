import { oneLine } from './terminal.ts';
import { grouped } from './wording.ts';

/** Sections with an empty line between them; one without lines is left out. */
export const page = (sections: readonly (readonly string[])[]): string =>
  `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;

/** A title and its lines below it, a line each whatever they hold. Nothing without lines. */
export const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [oneLine(title), ...lines.map((line) => `  ${oneLine(line)}`)];

/** One line for each row, with aligned columns; column `numbers` is aligned to the right. */
export function aligned(rows: readonly (readonly string[])[], numbers?: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string =>
    column === numbers ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ').trimEnd());
}

/** What a run would make of what was inspected, by its settings. */
export interface Outcome {
  /** As they are given to `--set`; empty for the defaults. */
  readonly set: readonly string[];
  readonly pairs: number;
  /** Why pairs are not made, and how often. */
  readonly losses: readonly (readonly [count: number, why: string])[];
}

export function outcomeLines(outcomes: readonly Outcome[]): readonly string[] {
  const rows = outcomes.map(({ set, pairs, losses }) => {
    const lost = losses.filter(([count]) => count > 0).map(([count, why]) => `${grouped(count)} ${why}`);
    return [
      grouped(pairs),
      set.length === 0 ? '(defaults)' : set.map((each) => `--set ${each}`).join(' '),
      lost.length === 0 ? '' : `without ${lost.join(', ')}`,
    ];
  });
  return aligned(rows, 0);
}

/** What was counted by name, in the words of `say`. */
export const listInWords = (
  counts: Readonly<Record<string, number>>,
  say: (name: string, count: number) => string,
): string =>
  Object.entries(counts)
    .map(([name, count]) => say(name, count))
    .join(', ') || 'none';

/** In five significant digits. */
export const scoreInWords = (score: number): string => String(Number(score.toPrecision(5)));
