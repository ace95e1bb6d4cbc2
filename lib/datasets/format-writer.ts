import type { FormatName } from '../contract/dataset.ts';
import type { DatasetFile } from '../contract/dataset-result.ts';
import type { ObjectSink } from '../objects/object-sink.ts';
import { type Utf8, utf8Of } from '../objects/utf8.ts';
import type { Decisions } from './decisions.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';
import { type LineTemplate, lineMaker, type PairTexts } from './line-template.ts';
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
  readonly open: (file: string) => ObjectSink;
}

/** Files are opened with their first line: a trainer would refuse one without lines. */
export function formatWriter({ name, layout, decisions, buckets, open }: WriterOptions): FormatWriter {
  const { unpaired } = FORMATS[name];
  const files = new Map<string, OpenedFile>();
  const makeTemplates = lineMaker(name, layout);

  const fileFor = (side: number, bucket: number): OpenedFile => {
    const place = placeFile(name, side, bucket, buckets);
    const opened = files.get(place.file) ?? { ...place, sink: open(place.file), lines: 0 };
    files.set(place.file, opened);
    return opened;
  };
  return {
    name,
    writes: (pair) => decisions.side(pair) !== 0,
    write(pair, texts) {
      const side = decisions.side(pair);
      const templates = makeTemplates(texts);
      const written = unpaired ? templates.filter((_, at) => decisions.fate(pair, at === 0) === 'write') : templates;
      let behind: Promise<void> | undefined;
      for (const one of SIDES) {
        if ((side & one) === 0 || written.length === 0) continue;
        const file = fileFor(one, decisions.bucket(pair));
        file.lines += written.length;
        for (const template of written) behind = pourLine(file.sink, template, texts, layout) ?? behind;
      }
      return behind;
    },
    async close() {
      const closed: DatasetFile[] = [];
      for (const { sink, ...file } of [...files.values()].sort(byPlace)) {
        const written = await sink.close();
        if (written === 'exists') throw new Error(`The store refused to replace ${file.file}.`);
        closed.push({ ...file, ...written });
      }
      return closed;
    },
    async abort() {
      for (const { sink } of files.values()) await sink.abort();
    },
  };
}

const SIDES = [TRAINING, VALIDATION];

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
  readonly sink: ObjectSink;
  lines: number;
}

function placeFile(name: FormatName, side: number, bucket: number, buckets: number | null): Place {
  const { files } = FORMATS[name];
  if (side === VALIDATION) return { file: files.validation, split: 'validation', bucket: null };
  if (buckets === null) return { file: files.training, split: 'training', bucket: null };
  const number = String(bucket + 1).padStart(String(buckets).length, '0');
  const file = files.training.replace(/\.jsonl$/, `-${number}-of-${buckets}.jsonl`);
  return { file, split: 'training', bucket: bucket + 1 };
}

/** Easy to hard, and validation last. */
export const byPlace = (a: Pick<DatasetFile, 'split' | 'bucket'>, b: Pick<DatasetFile, 'split' | 'bucket'>): number =>
  a.split === b.split ? (a.bucket ?? 0) - (b.bucket ?? 0) : a.split === 'training' ? -1 : 1;
