import { format } from 'd3-format';

/** How numbers are written in the report: no locale, so that the same run gives the same text. */

export const count: (value: number) => string = format(',d');

/** A score, margin or reward: four significant digits. */
export const score = (value: number): string => (value === 0 ? '0' : format('.4~g')(value));

/** An average of counts: two decimals at most. */
export const average = (sum: number, of: number): string => (of === 0 ? '–' : format(',.2~f')(sum / of));

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : part > 0 && part < 0.001 * whole ? '<0.1%' : format('.1~%')(part / whole);

/** Decimal units, as storage is sold: 1 kB is 1000 bytes. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const power = Math.min(Math.floor(Math.log10(value) / 3), 4);
  return `${format('.3~r')(value / 1000 ** power)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

export function seconds(value: number): string {
  if (value === 0) return '0 s';
  if (value < 1) return `${format('.3~r')(value * 1000)} ms`;
  if (value < 60) return `${format('.3~r')(value)} s`;
  return `${count(Math.floor(value / 60))} min ${Math.floor(value % 60)} s`;
}

/** `1 pair`, `2 pairs`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
