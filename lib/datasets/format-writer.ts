import type { FormatName } from '../contract/dataset.ts';
import { type DatasetFile, type FormatResult, LeftOutReason, type View } from '../contract/dataset-result.ts';
import { CorruptObject } from '../errors.ts';
import type { Decisions } from './decisions.ts';
import type { Format } from './formats/format.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';
import type { LineSink } from './line-sink.ts';
import type { Preference } from './preference.ts';
import { TRAINING, VALIDATION } from './split.ts';

/** Opens a file of a format's folder for writing. */
export type OpenFile = (format: FormatName, file: string) => LineSink;

export interface FormatWriter {
  readonly name: FormatName;
  /** Writes the pair to the files of its side, if it has one; wait for the promise, where there is one. */
  write(pair: number, group: number, preference: Preference): Promise<void> | void;
  /** Closes the files, easy to hard and validation last. */
  close(): Promise<FormatResult>;
  abort(): Promise<void>;
}

export interface WriterOptions {
  readonly name: FormatName;
  readonly view: View;
  readonly layout: Layout;
  /** Of the view. */
  readonly decisions: Decisions;
  /** Null without a curriculum. */
  readonly buckets: number | null;
  readonly open: OpenFile;
}

/** Files are opened with their first line: one without lines would only be refused by the trainer. */
export function formatWriter({ name, view, layout, decisions, buckets, open }: WriterOptions): FormatWriter {
  const format = FORMATS[name];
  const files = new Map<string, Omit<OpenedFile, 'lines'> & { lines: number }>();
  const leftOut: Partial<Record<LeftOutReason, number>> = {};

  const fileFor = (side: number, bucket: number) => {
    const place = placeOf(format, side, bucket, buckets);
    const opened = files.get(place.file) ?? { ...place, sink: open(name, place.file), lines: 0 };
    files.set(place.file, opened);
    return opened;
  };
  const leave = (reason: LeftOutReason): void => {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
  };
  /** The lines to write, each as text. */
  const linesOf = (pair: number, preference: Preference): readonly string[] => {
    const made = format.line(preference, layout);
    if ('left_out' in made) {
      leave(made.left_out);
      return [];
    }
    check(name, format, made.line);
    if (!format.unpaired || !Array.isArray(made.line)) return [JSON.stringify(made.line)];
    return made.line.flatMap((line: unknown, index) => {
      const fate = decisions.fate(pair, index === 0);
      if (fate === 'write') return [JSON.stringify(line)];
      leave(fate);
      return [];
    });
  };

  return {
    name,
    write(pair, group, preference) {
      const side = decisions.side(pair);
      if (side === 0) return;
      const bucket = decisions.bucket(group);
      const lines = linesOf(pair, preference);
      const waits: Promise<void>[] = [];
      for (const one of [TRAINING, VALIDATION]) {
        if ((side & one) === 0 || lines.length === 0) continue;
        const file = fileFor(one, bucket);
        file.lines += lines.length;
        const wait = file.sink.line(lines.join('\n'));
        if (wait) waits.push(wait);
      }
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
    },
    async close() {
      const closed: DatasetFile[] = [];
      for (const file of [...files.values()].sort(byPlace)) closed.push(await closeFile(file));
      return { view, files: closed, left_out: sumLeftOut([leftOut]) };
    },
    async abort() {
      for (const { sink } of files.values()) await sink.abort();
    },
  };
}

/** The sums by reason, in the reasons' own order: which is met first depends on where a collection is cut. */
export function sumLeftOut(all: readonly FormatResult['left_out'][]): FormatResult['left_out'] {
  const sums: FormatResult['left_out'] = {};
  for (const reason of LeftOutReason.options) {
    const sum = all.reduce((sum, counts) => sum + (counts[reason] ?? 0), 0);
    if (sum > 0) sums[reason] = sum;
  }
  return sums;
}

/** Writes a small file that goes with the lines. */
export async function writeText(sink: LineSink, file: string, text: string): Promise<DatasetFile> {
  const lines = text.trimEnd();
  await sink.line(lines);
  return { file, split: null, bucket: null, ...(await sink.close()), lines: lines.split('\n').length };
}

interface Place {
  readonly file: string;
  readonly split: 'training' | 'validation';
  /** From 1; null without a curriculum and for validation. */
  readonly bucket: number | null;
}

interface OpenedFile extends Place {
  readonly sink: LineSink;
  readonly lines: number;
}

function placeOf(format: Format, side: number, bucket: number, buckets: number | null): Place {
  if (side === VALIDATION) return { file: format.files.validation, split: 'validation', bucket: null };
  if (buckets === null) return { file: format.files.training, split: 'training', bucket: null };
  const number = String(bucket + 1).padStart(String(buckets).length, '0');
  const file = format.files.training.replace(/\.jsonl$/, `-${number}-of-${buckets}.jsonl`);
  return { file, split: 'training', bucket: bucket + 1 };
}

/** Easy to hard, and validation last. */
export const byPlace = (a: Pick<DatasetFile, 'split' | 'bucket'>, b: Pick<DatasetFile, 'split' | 'bucket'>): number =>
  a.split === b.split ? (a.bucket ?? 0) - (b.bucket ?? 0) : a.split === 'training' ? -1 : 1;

async function closeFile({ file, split, bucket, sink, lines }: OpenedFile): Promise<DatasetFile> {
  return { file, split, bucket, ...(await sink.close()), lines };
}

/** The format's own schema has the last word: a line that does not fit it is a defect, and is not written. */
function check(name: FormatName, format: Format, line: object): void {
  const { error } = format.Line.safeParse(line);
  if (!error) return;
  const [issue] = error.issues;
  throw new CorruptObject(
    `A line for ${name} does not fit that format's schema at ${JSON.stringify(issue?.path ?? [])} (${issue?.code}). ` +
      `Leave ${name} out of dataset.formats, and please report it.`,
  );
}
