import { FormatName } from '../contract/dataset.ts';
import {
  type DropReason,
  LeftOutReason,
  LOST_ANSWERS,
  type SelectionResult,
  View,
} from '../contract/dataset-result.ts';
import type { Manifest } from '../contract/manifest.ts';
import { FORMATS } from './formats/index.ts';

/** Where the collected pairs of one view went. */
export interface SelectionAccount {
  readonly view: View;
  readonly collected: number;
  readonly dropped: readonly { readonly reason: DropReason; readonly pairs: number }[];
  readonly training: number;
  readonly validation: number;
  /** Pairs on a side: what the formats are written from. */
  readonly selected: number;
  /** Pairs on both sides: NAT's last one, where only that gives each side a pair. */
  readonly onBoth: 0 | 1;
  /** Pairs that no figure names: 0, or the run counted wrong. */
  readonly unaccounted: number;
}

/** Where the pairs that were selected went in one format: into lines, or out for a reason. */
export interface FormatAccount {
  readonly name: FormatName;
  readonly selected: number;
  readonly leftOut: readonly FormatLoss[];
  /** Pairs of which something is written. */
  readonly pairs: number;
  readonly training: number;
  readonly validation: number;
  /** Lines that no figure explains: 0, or the run counted wrong. */
  readonly unaccounted: number;
}

export interface FormatLoss {
  readonly reason: LeftOutReason;
  readonly count: number;
  /** Of an unpaired format some losses are single answers. */
  readonly of: 'pair' | 'answer';
}

/** What a committed run says of its datasets, as an account that adds up to the lines of its files. */
export function accountForDatasets({
  selections,
  formats,
  datasets,
}: Pick<Manifest, 'selections' | 'formats' | 'datasets'>): {
  readonly selections: readonly SelectionAccount[];
  readonly formats: readonly FormatAccount[];
} {
  const accounts = View.options.flatMap((view) => {
    const selection = selections[view];
    return selection ? [accountForSelection(view, selection)] : [];
  });
  return {
    selections: accounts,
    formats: inOrderOf(formats).flatMap((name) => {
      const written = formats[name];
      const selection = accounts.find(({ view }) => view === written?.view);
      return written && selection ? [accountForFormat({ name, written, files: datasets[name] ?? {} }, selection)] : [];
    }),
  };
}

function accountForSelection(view: View, selection: SelectionResult): SelectionAccount {
  const { collected_pairs: collected } = selection;
  const [training, validation] = [selection.training.pairs, selection.validation.pairs];
  const dropped = [
    { reason: 'duplicate', pairs: selection.duplicate_pairs },
    { reason: 'contradiction', pairs: selection.contradictory_pairs },
    { reason: 'not_sampled', pairs: selection.sampled_out_pairs },
    { reason: 'leak', pairs: selection.leaking_validation_pairs },
  ] as const;
  const selected = collected - sum(dropped, ({ pairs }) => pairs);
  const surplus = training + validation - selected;
  const onBoth = surplus === 1 && training > 0 && validation === 1 ? 1 : 0;
  return { view, collected, dropped, training, validation, selected, onBoth, unaccounted: surplus - onBoth };
}

function accountForFormat(
  { name, written, files }: WrittenFiles,
  { selected, onBoth }: SelectionAccount,
): FormatAccount {
  const leftOut = LeftOutReason.options.flatMap((reason): FormatLoss[] => {
    const count = written.left_out[reason] ?? 0;
    return count === 0 ? [] : [{ reason, count, of: LOST_ANSWERS.includes(reason) ? 'answer' : 'pair' }];
  });
  const pairsOut = sum(leftOut, ({ of, count }) => (of === 'pair' ? count : 0));
  const answersOut = sum(leftOut, ({ of, count }) => (of === 'answer' ? count : 0));
  const unpaired = FORMATS[name].unpaired === true;
  const expected = unpaired ? 2 * (selected - pairsOut) - answersOut : selected - pairsOut;
  const lines = { training: linesIn(files, 'training'), validation: linesIn(files, 'validation') };
  const surplus = lines.training + lines.validation - expected;
  const most = onBoth * (unpaired ? 2 : 1);
  return {
    ...{ name, selected, leftOut, pairs: written.pairs, ...lines },
    unaccounted: surplus >= 0 && surplus <= most ? 0 : surplus,
  };
}

interface WrittenFiles {
  readonly name: FormatName;
  readonly written: NonNullable<Manifest['formats'][FormatName]>;
  readonly files: Manifest['datasets'][string];
}

/** A side has one file, one for each bucket of a curriculum, or in Parquet one for each shard; no other file is named like it. */
const linesIn = (files: WrittenFiles['files'], side: 'training' | 'validation'): number =>
  sum(Object.entries(files), ([file, { lines }]) => (SIDE_OF_FILE.exec(file)?.[1] === side ? lines : 0));
const SIDE_OF_FILE = /^(training|validation)(?:_\d+)*$/;

/** Formats in the order in which they were asked for. */
const inOrderOf = (formats: Manifest['formats']): readonly FormatName[] =>
  Object.keys(formats).flatMap((name) => FormatName.safeParse(name).data ?? []);

const sum = <Of>(all: readonly Of[], count: (one: Of) => number): number =>
  all.reduce((total, one) => total + count(one), 0);
