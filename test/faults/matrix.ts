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

/** Rows of one fault, whatever run it struck, as one row: the name's part before the colon says which run it was. */
export function byFault(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row>();
  for (const { fault, injected, outcomes, lost, doubled, changed } of rows) {
    const name = fault.startsWith(RACES)
      ? 'two executions of one run at the same time'
      : fault.slice(fault.indexOf(': ') + 1).trim();
    const into = merged.get(name) ?? row(name);
    merged.set(name, into);
    into.injected += injected;
    into.lost += lost;
    into.doubled += doubled;
    into.changed += changed;
    for (const [outcome, times] of Object.entries(outcomes)) {
      into.outcomes[outcome] = (into.outcomes[outcome] ?? 0) + times;
    }
  }
  return [...merged.values()];
}

const RACES = 'two executions of one';

/** The rows of {@link byFault} as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = byFault(rows).map(({ fault, injected, outcomes }) => {
    const came = Object.entries(outcomes).sort(([a], [b]) => (a < b ? -1 : 1));
    const all = came.length === 1 && came[0]?.[0] === 'committed';
    const each = came.map(([outcome, times]) => `${times.toLocaleString('en')} ${outcome}`);
    return `| ${fault} | ${injected.toLocaleString('en')} | ${all ? '' : each.join(', ')} |`;
  });
  return ['| fault | injected | result |', '| --- | ---: | --- |', ...lines, ''].join('\n');
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
