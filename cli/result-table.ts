import type { SelectionResult } from '../lib/contract/dataset-result.ts';
import type { CommittedFile, Manifest } from '../lib/contract/manifest.ts';
import type { TrainingProgress } from '../lib/contract/training-states.ts';
import { trainingKeys } from '../lib/stages/training/keys.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped } from './wording.ts';

export interface ShownTraining {
  readonly progress?: TrainingProgress | undefined;
  /** Why the run trained, or did not. */
  readonly why?: string | undefined;
}

/** What a committed run holds, as a short text table. `folder` is where the manifest's keys begin. */
export function resultTable(manifest: Manifest, folder: string, training: ShownTraining = {}): string {
  const { totals } = manifest;
  const counts: Row[] = [
    ['examples', totals.total_examples, 'with at least one pair'],
    ['turns', totals.total_turns, ''],
    ['candidates', totals.total_candidates, ''],
    ['pairs', totals.total_pairs, ''],
  ];
  const sections = [
    rows(counts),
    section('Left out', rows(losses(manifest))),
    ...Object.entries(manifest.selections).map(([view, selection]) =>
      section(view === 'whole' ? 'Dataset' : 'Dataset, prompts cut to the last message', rows(selected(selection))),
    ),
    section('Formats', rows(written(manifest))),
    section('Warnings', manifest.warnings),
    section('Training', trainingLines(training, manifest.run_id)),
    section(`Files in ${folder}`, fileLines(manifest)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

type Row = readonly [what: string, count: number, why: string];

/** Every counter of a loss that is not zero. */
function losses({ totals }: Manifest): Row[] {
  const all: Row[] = [
    ['pairs', totals.skipped_tie, 'equal scores'],
    ['pairs', totals.skipped_identical, 'the same answer on both sides'],
    ['pairs', totals.skipped_score_diff, 'scores closer than builder.min_score_diff'],
    ['pairs', totals.skipped_prompt_mismatch, 'different prompts within a turn'],
    ['pairs', totals.skipped_pair_limit, 'past builder.max_pairs_per_turn'],
    ['turns', totals.skipped_single_candidate, 'a single candidate, nothing to compare'],
    ['trace items', totals.items_without_candidates, 'no candidate in them'],
    ...reasons('candidates', totals.rejected_candidates),
    ...reasons('trace items', totals.rejected_items),
  ];
  return all.filter(([, count]) => count > 0);
}

/** From the collection's pairs to the dataset's. */
function selected(selection: SelectionResult): Row[] {
  const dropped: Row[] = [
    ['duplicates', selection.duplicate_pairs, 'left out: the same prompt and answers'],
    ['contradictions', selection.contradictory_pairs, 'left out: preferred both ways'],
    ['not sampled', selection.sampled_out_pairs, 'left out: past dataset.max_pairs'],
    ['leaks', selection.leaking_validation_pairs, 'left out of validation: the prompt stands in training'],
  ];
  return [
    ['training', selection.training.pairs, `pairs of ${counted(selection.training.examples, 'example')}`],
    ['validation', selection.validation.pairs, `pairs of ${counted(selection.validation.examples, 'example')}`],
    ...dropped.filter(([, count]) => count > 0),
  ];
}

/** What each format wrote. */
function written({ formats }: Manifest): Row[] {
  return Object.entries(formats).map(([name, { pairs, lines, left_out, prompt_style }]) => {
    const style = prompt_style === 'text' ? ', plain text' : prompt_style === 'chat' ? ', as messages' : '';
    const why = Object.entries(left_out).map(([reason, count]) => `${reason.replaceAll('_', ' ')} ${grouped(count)}`);
    const left = why.length === 0 ? '' : `; left out: ${why.join(', ')}`;
    return [name, pairs, `pairs in ${counted(lines, 'line')}${style}${left}`];
  });
}

const reasons = (what: string, byReason: Readonly<Record<string, number>>): Row[] =>
  Object.entries(byReason).map(([reason, count]) => [what, count, `rejected: ${reason.replaceAll('_', ' ')}`]);

function fileLines(manifest: Manifest): string[] {
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
  const width = Math.max(...files.map(([file]) => file.key.length));
  return files.map(([file, holds]) => `${file.key.padEnd(width)}  ${holds}`);
}

function trainingLines({ progress, why }: ShownTraining, runId: string): string[] {
  const reason = why === undefined ? [] : [why];
  if (!progress) return reason;
  const { message, output_model } = progress;
  const model = output_model === null ? [] : [`model ${output_model}`];
  return [...reason, message, ...model, `recorded in ${trainingKeys(runId).finalMetrics}`];
}

function rows(table: readonly Row[]): string[] {
  const nameWidth = Math.max(0, ...table.map(([what]) => what.length));
  const countWidth = Math.max(0, ...table.map(([, count]) => grouped(count).length));
  return table.map(([what, count, why]) =>
    `${what.padEnd(nameWidth)}  ${grouped(count).padStart(countWidth)}  ${why}`.trimEnd(),
  );
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [oneLine(title), ...lines.map((line) => `  ${oneLine(line)}`)];
