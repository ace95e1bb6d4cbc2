import type { CommittedFile, Manifest } from '../lib/contract/manifest.ts';
import type { TrainingProgress } from '../lib/contract/training-states.ts';
import { accountForDatasets, type FormatAccount, type SelectionAccount } from '../lib/datasets/account-for-datasets.ts';
import { DROP_WORDS, PAIR_LOSSES, reasonInWords } from '../lib/datasets/loss-words.ts';
import { trainingKeys } from '../lib/stages/training/keys.ts';
import { aligned, page, section } from './table.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

export interface ShownTraining {
  readonly progress?: TrainingProgress | undefined;
  /** Why the run trained, or did not. */
  readonly why?: string | undefined;
}

/** What a committed run holds, as a short text table. `folder` is where the manifest's keys begin. */
export function resultTable(manifest: Manifest, folder: string, training: ShownTraining = {}): string {
  const { totals } = manifest;
  const account = accountForDatasets(manifest);
  const counts: Row[] = [
    ['examples', totals.total_examples, 'with at least one pair'],
    ['turns', totals.total_turns, ''],
    ['candidates', totals.total_candidates, ''],
    ['pairs', totals.total_pairs, ''],
  ];
  return page([
    rows(counts),
    section('Left out', rows(losses(manifest))),
    ...account.selections.map((selection) =>
      section(
        selection.view === 'whole' ? 'Dataset' : 'Dataset, prompts cut to the last message',
        rows(selected(selection, manifest)),
      ),
    ),
    section('Formats', rows(account.formats.map((format) => written(format, manifest)))),
    section('Warnings', manifest.warnings),
    section('Training', trainingLines(training, manifest.run_id)),
    section(`Files in ${folder}`, fileLines(manifest)),
  ]);
}

type Row = readonly [what: string, count: number, why: string];

/** Every counter of a loss that is not zero. */
function losses({ totals }: Manifest): Row[] {
  const all: Row[] = [
    ...PAIR_LOSSES.map(([counter, why]): Row => ['pairs', totals[counter], why]),
    ['turns', totals.skipped_single_candidate, 'a single candidate, nothing to compare'],
    ['trace items', totals.items_without_candidates, 'no candidate in them'],
    ...reasons('candidates', totals.rejected_candidates),
    ...reasons('trace items', totals.rejected_items),
  ];
  return all.filter(([, count]) => count > 0);
}

/** From the collection's pairs to the dataset's: what is under `collected` adds up to it. */
function selected(account: SelectionAccount, { selections }: Manifest): Row[] {
  const examples = (side: 'training' | 'validation'): number => selections[account.view]?.[side].examples ?? 0;
  const dropped = account.dropped.map(
    ({ reason, pairs }): Row => [DROP_WORDS[reason].name, pairs, `left out: ${DROP_WORDS[reason].why}`],
  );
  return [
    ['collected', account.collected, 'pairs'],
    ['training', account.training, `pairs of ${counted(examples('training'), 'example')}`],
    ['validation', account.validation, `pairs of ${counted(examples('validation'), 'example')}`],
    ...dropped.filter(([, count]) => count > 0),
    ...unexplained(account.unaccounted),
  ];
}

/** What a format holds of the dataset. */
function written({ name, pairs, training, validation, leftOut, unaccounted }: FormatAccount, manifest: Manifest): Row {
  const style = manifest.formats[name]?.prompt_style;
  const sides =
    validation === 0
      ? counted(training, 'training line')
      : `${grouped(training)} training and ${counted(validation, 'validation line')}`;
  const why = leftOut.map(
    ({ reason, count, of }) => `${reasonInWords(reason)} ${of === 'pair' ? grouped(count) : counted(count, 'answer')}`,
  );
  const parts = [
    `pairs in ${sides}${style === 'text' ? ', plain text' : style === 'chat' ? ', as messages' : ''}`,
    ...(why.length === 0 ? [] : [`left out: ${why.join(', ')}`]),
    ...unexplained(unaccounted).map(([what, lines, advice]) => `${what} ${grouped(lines)}, ${advice}`),
  ];
  return [name, pairs, parts.join('; ')];
}

/** The accounts of a run add up: a test reads its files. */
const unexplained = (count: number): Row[] => (count === 0 ? [] : [['unexplained', count, 'please report this']]);

const reasons = (what: string, byReason: Readonly<Record<string, number>>): Row[] =>
  Object.entries(byReason).map(([reason, count]) => [what, count, `rejected: ${reasonInWords(reason)}`]);

function fileLines(manifest: Manifest): readonly string[] {
  const { collection, rejected, metrics } = manifest;
  const files: (readonly [CommittedFile, string])[] = [
    [
      collection,
      `${counted(collection.trajectories, 'trajectory', 'trajectories')} in ${counted(collection.groups, 'group')}`,
    ],
    [rejected, counted(rejected.lines, 'line')],
    [metrics, bytesInWords(metrics.bytes)],
    [manifest.report, 'open it in a browser'],
    ...Object.values(manifest.datasets).flatMap((parts) =>
      Object.values(parts).map((file) => [file, counted(file.lines, 'line')] as const),
    ),
  ];
  return aligned(files.map(([file, holds]) => [file.key, holds]));
}

function trainingLines({ progress, why }: ShownTraining, runId: string): string[] {
  const reason = why === undefined ? [] : [why];
  if (!progress) return reason;
  const { message, output_model } = progress;
  const model = output_model === null ? [] : [`model ${output_model}`];
  return [...reason, message, ...model, `recorded in ${trainingKeys(runId).finalMetrics}`];
}

const rows = (table: readonly Row[]): readonly string[] =>
  aligned(
    table.map(([what, count, why]) => [what, grouped(count), why]),
    1,
  );
