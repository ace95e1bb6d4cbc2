import type { DatasetColumn, FileType, FormatName } from '../contract/dataset.ts';
import type { DatasetFile } from '../contract/dataset-result.ts';
import type { ObjectSink } from '../objects/object-sink.ts';
import { type Utf8, utf8Of } from '../objects/utf8.ts';
import type { Decisions } from './decisions.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';
import { type LineTemplate, lineMaker, type PairTexts, rowMaker } from './line-template.ts';
import { openParquet, type ParquetColumn } from './parquet-table.ts';
import { TRAINING, VALIDATION } from './split-pairs.ts';

export interface FormatWriter {
  readonly name: FormatName;
  /** Whether anything is written of a pair that the format holds. */
  writes(pair: number): boolean;
  /** Writes the pair to the files of its side; wait for the promise, where there is one. */
  write(pair: number, texts: PairTexts): Promise<void> | undefined;
  /** Closes the files, easy to hard and validation last. */
  close(): Promise<DatasetFile[]>;
  abort(): Promise<void>;
}

export interface WriterOptions {
  readonly name: FormatName;
  readonly layout: Layout;
  /** Of the format's view. */
  readonly decisions: Decisions;
  /** Null without a curriculum. */
  readonly buckets: number | null;
  readonly fileType: FileType;
  readonly open: (file: string) => ObjectSink;
}

/** Files are opened with their first line: a trainer would refuse one without lines. */
export function formatWriter(options: WriterOptions): FormatWriter {
  const { name, decisions, buckets, fileType } = options;
  const { unpaired } = FORMATS[name];
  const files = new Map<string, OpenedFile>();
  const openLines = fileType === 'parquet' ? parquetFiles(options) : jsonFiles(options);

  const fileFor = (side: number, bucket: number): OpenedFile => {
    const place = placeFile(name, side, { bucket, buckets, fileType });
    const opened = files.get(place.file) ?? { ...place, output: openLines(place.file), lines: 0 };
    files.set(place.file, opened);
    return opened;
  };
  return {
    name,
    writes: (pair) => decisions.side(pair) !== 0,
    write(pair, texts) {
      const side = decisions.side(pair);
      const isWritten = (at: number): boolean => !unpaired || decisions.fate(pair, at === 0) === 'write';
      const lines = (unpaired ? [0, 1] : [0]).filter(isWritten).length;
      let behind: Promise<void> | undefined;
      for (const one of SIDES) {
        if ((side & one) === 0 || lines === 0) continue;
        const file = fileFor(one, decisions.bucket(pair));
        file.lines += lines;
        behind = file.output.add(texts, isWritten) ?? behind;
      }
      return behind;
    },
    async close() {
      const closed: DatasetFile[] = [];
      for (const { output, ...file } of [...files.values()].sort(byPlace)) {
        const written = await output.close();
        if (written === 'exists') throw new Error(`The store refused to replace ${file.file}.`);
        closed.push({ ...file, ...written });
      }
      return closed;
    },
    async abort() {
      for (const { output } of files.values()) await output.abort();
    },
  };
}

const SIDES = [TRAINING, VALIDATION];

/** A file of lines, or of rows. */
interface Output extends Pick<ObjectSink, 'close' | 'abort'> {
  /** Adds those lines of a pair that are written, by their place among them. */
  readonly add: (texts: PairTexts, isWritten: (at: number) => boolean) => Promise<void> | undefined;
}

function jsonFiles({ name, layout, open }: WriterOptions): (file: string) => Output {
  const makeTemplates = lineMaker(name, layout);
  return (file) => {
    const sink = open(file);
    return {
      add(texts, isWritten) {
        let behind: Promise<void> | undefined;
        for (const [at, template] of makeTemplates(texts).entries()) {
          if (isWritten(at)) behind = pourLine(sink, template, texts, layout) ?? behind;
        }
        return behind;
      },
      close: sink.close,
      abort: sink.abort,
    };
  };
}

function parquetFiles({ name, layout, open }: WriterOptions): (file: string) => Output {
  const makeRows = rowMaker(name, layout);
  const columns = [
    ...(FORMATS[name].parquet?.(layout) ?? []),
    ...layout.columns.map((column): ParquetColumn => ({ name: column, kind: KINDS[column] })),
  ];
  return (file) => {
    const table = openParquet(open(file), columns);
    return {
      add(texts, isWritten) {
        let behind: Promise<void> | undefined;
        for (const [at, row] of makeRows(texts).entries()) if (isWritten(at)) behind = table.add({ ...row }) ?? behind;
        return behind;
      },
      close: table.close,
      abort: table.abort,
    };
  };
}

const KINDS: Readonly<Record<DatasetColumn, ParquetColumn['kind']>> = {
  margin: 'number',
  score_chosen: 'number',
  score_rejected: 'number',
  example_id: 'text',
  lineage: 'text',
};

/** Writes the template's pieces, the texts copied to their places. */
function pourLine(
  sink: ObjectSink,
  template: LineTemplate,
  texts: PairTexts,
  { lineEnds }: Layout,
): Promise<void> | undefined {
  let behind: Promise<void> | undefined;
  for (const piece of template) {
    if (typeof piece === 'string') {
      const { start, end } = texts[piece];
      const poured = lineEnds
        ? sink.write(escapeLineEnds(utf8Of(texts.bytes, start, end)))
        : sink.copy(texts.bytes, start, end);
      behind = poured ?? behind;
    } else behind = sink.copy(piece, 0, piece.length) ?? behind;
  }
  return behind;
}

/** Of UTF-8: U+0085, U+2028 and U+2029 as escapes, which say the same in JSON. */
const escapeLineEnds = (json: Utf8): Utf8 =>
  json.replace(/\xc2\x85|\xe2\x80[\xa8\xa9]/g, (found) => ESCAPES[found.charCodeAt(found.length - 1)] ?? found) as Utf8;

const ESCAPES: Readonly<Record<number, string>> = { 133: '\\u0085', 168: '\\u2028', 169: '\\u2029' };

type Place = Pick<DatasetFile, 'file' | 'split' | 'bucket'>;

interface OpenedFile extends Place {
  readonly output: Output;
  lines: number;
}

function placeFile(
  name: FormatName,
  side: number,
  { bucket, buckets, fileType }: { readonly bucket: number } & Pick<WriterOptions, 'buckets' | 'fileType'>,
): Place {
  const { files } = FORMATS[name];
  const typed = (file: string): string => file.replace(/jsonl$/, fileType);
  if (side === VALIDATION) return { file: typed(files.validation), split: 'validation', bucket: null };
  if (buckets === null) return { file: typed(files.training), split: 'training', bucket: null };
  const number = String(bucket + 1).padStart(String(buckets).length, '0');
  const file = typed(files.training.replace(/\.jsonl$/, `-${number}-of-${buckets}.jsonl`));
  return { file, split: 'training', bucket: bucket + 1 };
}

/** The name of one of the files that a split has in Parquet: one a shard, as the Hub names them. */
export const nameShard = (file: string, shard: number, shards: number): string => {
  const digits = (number: number): string => String(number).padStart(5, '0');
  return file.replace(/\.parquet$/, `-${digits(shard)}-of-${digits(shards)}.parquet`);
};

/** Easy to hard, and validation last. */
export const byPlace = (a: Pick<DatasetFile, 'split' | 'bucket'>, b: Pick<DatasetFile, 'split' | 'bucket'>): number =>
  a.split === b.split ? (a.bucket ?? 0) - (b.bucket ?? 0) : a.split === 'training' ? -1 : 1;
