import * as z from 'zod';
import type { Damage } from './committed.ts';

const count = z.int().min(0);

/** One kind of fault: how often it was injected, and what the runs came to. */
export const Row = z.strictObject({
  fault: z.string(),
  injected: count,
  /** `committed`, or the name of the error, and how often. */
  outcomes: z.record(z.string(), count),
  lost: count,
  doubled: count,
  changed: count,
});
export type Row = z.infer<typeof Row>;

export const row = (fault: string): Row => ({ fault, injected: 0, outcomes: {}, lost: 0, doubled: 0, changed: 0 });

/** Adds one injection to the row. */
export function note(into: Row, outcome: string, damage: Damage = { lost: 0, doubled: 0, changed: 0 }): void {
  into.injected += 1;
  into.outcomes[outcome] = (into.outcomes[outcome] ?? 0) + 1;
  into.lost += damage.lost;
  into.doubled += damage.doubled;
  into.changed += damage.changed;
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ fault, injected, outcomes, lost, doubled, changed }) => {
    const came = Object.entries(outcomes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, times]) => `${times.toLocaleString('en')} ${outcome}`);
    return `| ${fault} | ${injected.toLocaleString('en')} | ${came.join(', ')} | ${lost} | ${doubled} | ${changed} |`;
  });
  return [
    '| what was injected | how often | what the runs came to | lost lines | doubled | changed |',
    '| --- | ---: | --- | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
