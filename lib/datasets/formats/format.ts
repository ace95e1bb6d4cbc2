import type * as z from 'zod';
import type { DatasetFile, LeftOutReason } from '../../contract/dataset-result.ts';
import type { Layout } from '../layout.ts';
import type { Preference } from '../preference.ts';

/** A trainer's format: where its lines go, what they must be, and how a preference becomes one. */
export interface Format {
  /** Relative to the format's folder. With a curriculum `-1-of-3` and so on goes before the last dot. */
  readonly files: { readonly training: string; readonly validation: string };
  /** What a line must be; every line is checked against it. */
  readonly Line: z.ZodType;
  /** Pure: the same preference and layout give the same line. */
  readonly line: (preference: Preference, layout: Layout) => LineOf;
  /** A file that goes with the lines: its name, and its text from what was written. */
  readonly companion?: { readonly file: string; readonly text: (files: readonly DatasetFile[]) => string };
  /** Writes each completion by itself: a line holds two, the chosen one first, that are written apart. */
  readonly unpaired?: true;
}

export type LineOf = { readonly line: object } | { readonly left_out: LeftOutReason };
