import type * as z from 'zod';
import type { DatasetFile, LeftOutReason } from '../../contract/dataset-result.ts';
import type { Layout, Slot } from '../layout.ts';
import type { ParquetColumn } from '../parquet-table.ts';
import type { Preference } from '../preference.ts';

/** A trainer's format: where its lines go, what it can hold, what a line must be, and how a preference becomes one. */
export interface Format {
  /** Relative to the format's folder. With a curriculum `-1-of-3` and so on goes before the last dot. */
  readonly files: { readonly training: string; readonly validation: string };
  /** Whether an answer may be several messages, tool calls and results among them (`builder.unit: trajectory`). */
  readonly conversations: boolean;
  /** Whether a line may have columns of `dataset.columns`, which its schema then lets pass. */
  readonly takesColumns: boolean;
  /** The columns of a Parquet file, where the trainer reads such; those of `dataset.columns` come behind them. */
  readonly parquet?: (layout: Layout) => readonly ParquetColumn[];
  /**
   * Of JSON lines that the trainer reads by `datasets` without a card: the texts that make a column. One in which all texts
   * look like dates would come back as dates.
   */
  readonly typedColumns?: (layout: Layout) => readonly (readonly Slot[])[];
  /** What a line must be; every line is checked against it. */
  readonly Line: z.ZodType;
  /** Why no line can hold this prompt; undefined where one can. Asked once a turn. */
  readonly whyNotPrompt: (prompt: Preference['prompt'], settings: FormatSettings) => LeftOutReason | undefined;
  /** Why no line can hold this response. Asked once a candidate. */
  readonly whyNotResponse: (response: Preference['chosen']) => LeftOutReason | undefined;
  /** Why no line can hold these tools. Asked where there are any, once a turn. */
  readonly whyNotTools: (tools: readonly unknown[]) => LeftOutReason | undefined;
  /**
   * The line of a preference that the format can hold; of an unpaired one two lines, the chosen completion's first. A text
   * has to come into the line as it is: lines are made of one text and used for others.
   */
  readonly line: (preference: Preference, layout: Layout) => object;
  /** A file that goes with the lines: its name, and its text from what was written. */
  readonly companion?: {
    readonly file: string;
    readonly text: (files: readonly DatasetFile[], layout: Layout) => string;
  };
  /** How many lines the trainer takes in one file; `trainingOnly`: of the validation file it asks nothing. */
  readonly lineLimits?: { readonly least: number; readonly most: number; readonly trainingOnly?: true };
  /** Writes each completion by itself. */
  readonly unpaired?: true;
}

/** What of a run's settings decides what a format holds. */
export type FormatSettings = Pick<Layout, 'fullHistory' | 'nat'>;
