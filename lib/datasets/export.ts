import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import { sumOfReasons } from '../contract/counters.ts';
import type { DatasetSettings, FormatName } from '../contract/dataset.ts';
import type { DatasetResult, FormatResult, View } from '../contract/dataset-result.ts';
import type { Group } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { datasetCard } from './card.ts';
import { type Chosen, choose } from './choice.ts';
import { completionsOf } from './completions.ts';
import { type FormatWriter, formatWriter, type OpenFile, writeText } from './format-writer.ts';
import { FORMATS } from './formats/index.ts';
import { layoutOf } from './layout.ts';
import { type Ledger, readLedger } from './ledger.ts';
import { preferenceOf } from './preference.ts';
import { leftOut } from './warnings.ts';

export interface ExportJob {
  readonly runId: string;
  readonly settings: DatasetSettings;
  readonly builder: BuilderSettings;
  /** The whole run's. */
  readonly totals: Counters;
  /** The collection from its beginning; read twice, and it must be the same both times. */
  readonly groups: () => AsyncIterable<Group>;
  /** Opens `runs/<run_id>/datasets/<format>/<file>`. */
  readonly open: OpenFile;
}

/**
 * Writes the collection in every format asked for. The first pass remembers digests and numbers, by which the pairs are
 * selected; the second writes the lines as they come. Nothing is held but those numbers and the sinks' buffers.
 * Throws {@link LeakingDataset} rather than write an example or a prompt to both sides.
 */
export async function exportDatasets(job: ExportJob): Promise<DatasetResult> {
  const { settings, builder } = job;
  const nat = builder.compatibility === 'nat';
  const formats = [...new Set(settings.formats)];
  const viewFor = (name: FormatName): View =>
    name === 'nemo_customizer' && !settings.use_full_message_history && !nat ? 'last_message' : 'whole';
  // Without a format the facts are still told.
  const views = [...new Set(formats.length === 0 ? (['whole'] as const) : formats.map(viewFor))];

  const unpaired = formats.some((name) => FORMATS[name].unpaired);
  const ledger = await readLedger(job.groups(), { views, seed: settings.seed, raw: nat, unpaired });
  const choices = new Map(views.map((view) => [view, choose(ledger, view, settings, nat)]));
  const writers = formats.map((name) => {
    const view = viewFor(name);
    const { selection } = choiceOf(choices, view);
    const layout = layoutOf(selection.shape, { fullHistory: settings.use_full_message_history, nat });
    const buckets = settings.curriculum?.buckets ?? null;
    const completions = FORMATS[name].unpaired ? completionsOf(ledger, selection) : undefined;
    return formatWriter({ name, view, layout, completions, buckets, open: job.open });
  });
  try {
    await writePairs(job.groups(), ledger, choices, writers);
    return await finish(job, ledger, choices, writers);
  } catch (error) {
    for (const writer of writers) await writer.abort();
    throw error;
  }
}

type Choices = ReadonlyMap<View, Chosen>;

function choiceOf(choices: Choices, view: View): Chosen {
  const found = choices.get(view);
  if (!found) throw new Error(`Nothing was selected for the view ${view}.`);
  return found;
}

async function writePairs(
  groups: AsyncIterable<Group>,
  ledger: Ledger,
  choices: Choices,
  writers: readonly FormatWriter[],
): Promise<void> {
  let pair = 0;
  let number = 0;
  for await (const group of groups) {
    for (const choice of choices.values()) choice.openGroup(group.example_id);
    for (const trajectory of group.trajectories) {
      for (const choice of choices.values()) choice.weigh(pair, trajectory);
      const preference = preferenceOf(trajectory);
      for (const writer of writers) {
        const choice = choiceOf(choices, writer.view);
        const side = choice.selection.sides[pair] ?? 0;
        const wait = side === 0 ? undefined : writer.write(pair, preference, side, choice.bucketOf(number));
        if (wait) await wait;
      }
      pair++;
    }
    for (const choice of choices.values()) choice.closeGroup();
    number++;
  }
  const expected = ledger.groupOf.length;
  if (pair !== expected) {
    throw new CorruptObject(`The collection had ${expected} trajectories when first read, then ${pair}. Run again.`);
  }
}

async function finish(
  job: ExportJob,
  ledger: Ledger,
  choices: Choices,
  writers: readonly FormatWriter[],
): Promise<DatasetResult> {
  const result: DatasetResult = {
    selections: {},
    formats: {},
    items_without_pairs: itemsWithoutPairs(job.totals, ledger.items),
    warnings: [],
  };
  for (const [view, choice] of choices) {
    result.selections[view] = choice.result();
    result.warnings.push(...choice.warnings());
  }
  for (const writer of writers) {
    const format = await writer.close();
    const { training, validation } = choiceOf(choices, writer.view).result();
    result.warnings.push(...leftOut(writer.name, format, training.pairs + validation.pairs));
    result.formats[writer.name] = await withCard(job, ledger, choices, writer, format, result);
  }
  return result;
}

/** The `trl*` folders are Hugging Face datasets. */
async function withCard(
  job: ExportJob,
  { sources }: Ledger,
  choices: Choices,
  { name, view, layout }: FormatWriter,
  format: FormatResult,
  { items_without_pairs }: DatasetResult,
): Promise<FormatResult> {
  if ((name !== 'trl' && name !== 'trl_kto') || format.files.length === 0) return format;
  const { runId, settings, builder } = job;
  const card = datasetCard({
    runId,
    unpaired: FORMATS[name].unpaired === true,
    layout,
    format,
    selection: choiceOf(choices, view).result(),
    withoutPairs: items_without_pairs,
    settings,
    builder,
    sources,
  });
  const readme = await writeText(job.open(name, 'README.md'), 'README.md', card);
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
