import type { FormatName } from '../lib/contract/dataset.ts';
import type { FormatChoice } from '../lib/contract/dataset-result.ts';
import { choosePairs } from '../lib/datasets/choose-pairs.ts';
import { formatWriter } from '../lib/datasets/format-writer.ts';
import { FORMATS } from '../lib/datasets/formats/index.ts';
import { layoutFor } from '../lib/datasets/layout.ts';
import { refuseColumns } from '../lib/datasets/refuse-columns.ts';
import { refuseDates } from '../lib/datasets/refuse-dates.ts';
import { byteCursor } from '../lib/objects/byte-cursor.ts';
import { writeBlock } from '../lib/stages/write-datasets.ts';
import type { Dataset } from './choose-dataset.ts';
import { enterPairs } from './enter-pairs.ts';
import { lineSink } from './line-sink.ts';
import { requestFor } from './settings.ts';

/** A line of a format's file. */
export interface DatasetLine {
  /** The file's name in the format's folder, as in a run: `train.jsonl`, … */
  readonly file: string;
  /** The side of the split that the file is. */
  readonly split: 'training' | 'validation';
  /** JSON, without the end of the line. */
  readonly line: string;
}

/** The lines of a format, in the order of the pairs. */
export interface LineStream extends AsyncIterable<DatasetLine> {
  /** Pairs that the format cannot hold, by reason. Known from the first line on. */
  readonly leftOut: FormatChoice['left_out'];
}

/**
 * Writes a dataset in a trainer's format: `trl`, `openai`, … These are the lines of the files that a run writes. As in a
 * run, `nemo_customizer` looks at the last message only, and so chooses among the dataset's pairs anew.
 *
 * Throws {@link InvalidRequest} for an unknown format, for columns that it does not take, and for texts that its trainer
 * would read as dates.
 *
 * @example
 * ```js
 * for await (const { file, line } of writeFormat(dataset, 'trl')) await appendFile(file, `${line}\n`);
 * ```
 */
export function writeFormat(dataset: Dataset, format: FormatName): LineStream {
  const leftOut: FormatChoice['left_out'] = {};
  return Object.assign(writeLines(dataset, format, leftOut), { leftOut });
}

async function* writeLines(
  { pairs, settings }: Dataset,
  name: FormatName,
  leftOut: FormatChoice['left_out'],
): AsyncGenerator<DatasetLine> {
  const request = requestFor(settings, { formats: [name] });
  refuseColumns(request.dataset);
  const { plan, table, index, collection } = await enterPairs(pairs, request);
  const { views, formats } = choosePairs(table, plan, request.dataset);
  const [decisions] = views;
  const choice = formats[name];
  if (!decisions || !choice) throw new Error(`Nothing was chosen for ${name}.`);
  Object.assign(leftOut, choice.left_out);
  const rendered = pairs.some((pair) => pair.rendered);
  const layout = layoutFor(decisions.outcome.shape, plan, request.dataset, rendered);
  refuseDates(name, choice, layout);
  const ready: DatasetLine[] = [];
  const writer = formatWriter({
    ...{ name, layout, decisions, fileType: 'jsonl' },
    buckets: request.dataset.curriculum?.buckets ?? null,
    open: (file) => {
      const split = file === FORMATS[name].files.validation ? 'validation' : 'training';
      return lineSink((line) => void ready.push({ file, split, line }));
    },
  });
  const part = byteCursor(collection());
  let first = 0;
  for await (const block of index()) {
    await writeBlock(block, first, part, [writer]);
    first += block.pairs;
    yield* ready.splice(0);
  }
}
