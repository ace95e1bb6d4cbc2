import * as z from 'zod';

/** An object that was not read to its end: it was cut short, or is damaged from there on. */
export const IncompleteObject = z.strictObject({
  /** In an archive, with the entry. */
  key: z.string(),
  /** Where what could be read ends: a byte of the (uncompressed) text, in Parquet a row. */
  offset: z.int().optional(),
  row: z.int().optional(),
  reason: z.string(),
  detail: z.string(),
});
export type IncompleteObject = z.infer<typeof IncompleteObject>;

/**
 * Adds one finding to those of earlier bytes and objects, an entry an object. An object that a compressed stream cuts off
 * inside a line has two findings: the first says how much could be read, the last says why. So the result is the same
 * however many tasks read the object.
 */
export function noteIncomplete(found: IncompleteObject[], more: IncompleteObject): void {
  const known = found.findIndex(({ key }) => key === more.key);
  const { reason, detail } = more;
  const earlier = found[known];
  if (earlier) found[known] = { ...earlier, reason, detail };
  else if (found.length < MOST_NAMED) found.push(more);
}

/** Names are the input's: so many are kept and shown. */
export const MOST_NAMED = 10;

/** One sentence for each object. */
export const describeIncomplete = ({ key, offset = 0, row, reason, detail }: IncompleteObject): string =>
  `${key} is incomplete: ${detail} (${reason}). ${readable(row === undefined ? offset : row, row === undefined ? 'byte' : 'row')}`;

const readable = (amount: number, unit: string): string =>
  amount === 0
    ? 'No part of it can be read.'
    : `It can be read up to ${unit} ${amount}${unit === 'byte' ? ' of its text' : ''}.`;
