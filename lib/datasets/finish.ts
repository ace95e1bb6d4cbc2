import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import { sumOfReasons } from '../contract/counters.ts';
import type { DatasetSettings } from '../contract/dataset.ts';
import type { ChoiceOutcome, DatasetResult, FormatResult, ViewOutcome } from '../contract/dataset-result.ts';
import { datasetCard } from './card.ts';
import type { ExportPlan } from './export-plan.ts';
import { type OpenFile, writeText } from './format-writer.ts';
import { FORMATS } from './formats/index.ts';
import { leftOut } from './warnings.ts';
import { layoutFor, type Written } from './write-pairs.ts';

export interface FinishJob {
  readonly runId: string;
  readonly settings: DatasetSettings;
  readonly builder: BuilderSettings;
  readonly totals: Counters;
  /** Opens `runs/<run_id>/datasets/<format>/<file>`. */
  readonly open: OpenFile;
}

/** Writes what goes with the lines that are written, and tells what came of it all. */
export async function finishDatasets(
  job: FinishJob,
  plan: ExportPlan,
  { views, sources, items }: ChoiceOutcome,
  written: readonly Written[],
): Promise<DatasetResult> {
  const result: DatasetResult = {
    selections: {},
    formats: {},
    items_without_pairs: itemsWithoutPairs(job.totals, items),
    warnings: [],
  };
  for (const view of plan.views) {
    const outcome = views[view];
    if (!outcome) throw new Error(`Nothing was chosen for the view ${view}.`);
    result.selections[view] = outcome.selection;
    result.warnings.push(...outcome.warnings);
  }
  for (const { name, result: format } of written) {
    const outcome = views[format.view];
    if (!outcome) throw new Error(`Nothing was chosen for the view ${format.view}.`);
    const { training, validation } = outcome.selection;
    result.warnings.push(...leftOut(name, format, training.pairs + validation.pairs));
    const whole = await withCompanion(job, name, format);
    result.formats[name] = await withCard(job, plan, { name, result: whole }, { outcome, sources }, result);
  }
  return result;
}

async function withCompanion(job: FinishJob, name: Written['name'], format: FormatResult): Promise<FormatResult> {
  const { companion } = FORMATS[name];
  if (!companion || format.files.length === 0) return format;
  const file = await writeText(job.open(name, companion.file), companion.file, companion.text(format.files));
  return { ...format, files: [...format.files, file] };
}

/** The `trl*` folders are Hugging Face datasets. */
async function withCard(
  { runId, settings, builder, open }: FinishJob,
  plan: ExportPlan,
  { name, result: format }: Written,
  { outcome, sources }: { readonly outcome: ViewOutcome; readonly sources: readonly string[] },
  { items_without_pairs }: DatasetResult,
): Promise<FormatResult> {
  if ((name !== 'trl' && name !== 'trl_kto') || format.files.length === 0) return format;
  const card = datasetCard({
    runId,
    unpaired: FORMATS[name].unpaired === true,
    layout: layoutFor(outcome.shape, plan, settings),
    format,
    selection: outcome.selection,
    withoutPairs: items_without_pairs,
    settings,
    builder,
    sources,
  });
  const readme = await writeText(open(name, 'README.md'), 'README.md', card);
  return { ...format, files: [...format.files, readme] };
}

function itemsWithoutPairs(totals: Counters, withPairs: number): DatasetResult['items_without_pairs'] {
  const items = totals.total_items;
  const rejected_items = sumOfReasons(totals.rejected_items);
  const without_candidates = totals.items_without_candidates;
  const without_pairs = Math.max(0, items - rejected_items - without_candidates - withPairs);
  const without = rejected_items + without_candidates + without_pairs;
  return { items, share: items === 0 ? 0 : without / items, rejected_items, without_candidates, without_pairs };
}
