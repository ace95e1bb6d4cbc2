import { isNumber, sourceOf } from '../../json/exact-json.ts';
import { sortedText } from '../../json/sort-keys.ts';
import { readScore } from '../../read-score.ts';
import type { SourceScore } from '../../source-candidate.ts';

/** A score that someone gave a trace. */
export interface TraceScore {
  readonly name: string;
  readonly score: SourceScore;
  /** Text that sorts by time. */
  readonly updated: string;
}

/** Of several scores of one name the newest, in the order of their names. */
export function newestScores(scores: readonly TraceScore[]): Readonly<Record<string, SourceScore>> {
  const newest = newestOf(scores, { keyOf: ({ name }) => name, content: ({ score }) => score });
  return Object.fromEntries(
    newest.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, score }) => [name, score]),
  );
}

/**
 * Of each key the newest; of several that are equally new the one whose `content` is the larger text: the order of records
 * must not matter.
 */
export function newestOf<Found extends { readonly updated: string }>(
  found: readonly Found[],
  { keyOf, content }: Record<'keyOf' | 'content', (one: Found) => unknown>,
): readonly Found[] {
  const newest = new Map<unknown, Found>();
  for (const one of found) {
    const kept = newest.get(keyOf(one));
    const isNewer =
      !kept ||
      kept.updated < one.updated ||
      (kept.updated === one.updated && sortedText(content(kept)) < sortedText(content(one)));
    if (isNewer) newest.set(keyOf(one), one);
  }
  return [...newest.values()];
}

/** A true judgement is 1 and a false one 0. */
export const readJudgement = (found: unknown, name: string): SourceScore =>
  typeof found === 'boolean' ? { value: Number(found) } : readScore(found, name);

/**
 * A time as text that sorts. Nanoseconds are a number or its text. Of dates, writers leave out a fraction of nothing, so
 * that `43Z` would sort behind `43.005Z`.
 */
export function timeText(found: unknown): string {
  if (isNumber(found)) return sourceOf(found).padStart(24, '0');
  if (found instanceof Date) return timeText(found.toISOString());
  if (typeof found !== 'string') return '';
  if (/^\d+$/.test(found)) return found.padStart(24, '0');
  const [, date, time, fraction = '', zone = 'Z'] = DATE.exec(found) ?? [];
  const seconds = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone}`) / 1000;
  return Number.isNaN(seconds) ? found : `${String(seconds).padStart(12, '0')}.${fraction.padEnd(9, '0')}`;
}

const DATE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;
