import type { ChoiceFacts } from '../../contract/choice-facts.ts';
import { type Counters, sumOfReasons } from '../../contract/counters.ts';
import type { FormatName } from '../../contract/dataset.ts';
import type { DatasetFile, DatasetResult, FormatResult } from '../../contract/dataset-result.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Request } from '../../contract/request.ts';
import { WrittenDatasets } from '../../contract/written-datasets.ts';
import { datasetCard } from '../../datasets/card.ts';
import { type DatasetPlan, planDatasets } from '../../datasets/dataset-plan.ts';
import { byPlace, nameShard } from '../../datasets/format-writer.ts';
import { FORMATS } from '../../datasets/formats/index.ts';
import { isConversational } from '../../datasets/formats/trl.ts';
import { type Layout, layoutFor } from '../../datasets/layout.ts';
import { lateToolCalls, leftOut, linesOutOfLimits, templatedAgain } from '../../datasets/warnings.ts';
import { CorruptObject, ObjectNotFound, ShardMissing } from '../../errors.ts';
import { crc32Base64 } from '../../objects/checksum.ts';
import { runKeys } from '../../objects/keys.ts';
import { openSink } from '../../objects/object-sink.ts';
import { readJson } from '../../objects/stored-json.ts';
import { addParts, composeFile, type Part } from '../compose-parts.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import { type BuiltRun, type BuiltShard, sumCounters } from '../summaries.ts';

export interface ComposedDatasets {
  readonly files: Manifest['datasets'];
  readonly result: DatasetResult;
}

/**
 * Composes each format's files of the shards' parts, and writes what goes with the lines: cards and companions. Throws
 * {@link ShardMissing} where a shard's parts were not written.
 */
export async function composeDatasets(
  request: Request,
  facts: ChoiceFacts,
  { built, all }: BuiltRun,
  deps: Deps,
): Promise<ComposedDatasets> {
  const plan = planDatasets(request.dataset, request.builder);
  const written = plan.formats.length === 0 ? [] : await readWritten(request.run_id, built, deps);
  if (plan.formats.length > 0) requireSameDecisions(facts, written);
  const result: DatasetResult = {
    selections: Object.fromEntries(Object.entries(facts.views).map(([view, { selection }]) => [view, selection])),
    formats: {},
    items_without_pairs: countItemsWithoutPairs(all),
    warnings: plan.views.flatMap((view) => facts.views[view]?.warnings ?? []),
  };
  const job = { request, plan, facts, result, deps };
  for (const { name } of plan.formats) {
    const format = await composeFormat(name, written, job);
    result.formats[name] = await addCompanions(name, format, job);
    const { training, validation } = result.selections[format.view] ?? {
      training: { pairs: 0 },
      validation: { pairs: 0 },
    };
    const choice = facts.formats[name];
    if (choice) result.warnings.push(...leftOut(name, choice, training.pairs + validation.pairs));
    result.warnings.push(...linesOutOfLimits(name, format), ...lateToolCalls(name, format, layoutOf(format, job)));
    if (facts.rendered || request.dataset.prompt_style === 'text') result.warnings.push(...templatedAgain(name, facts));
  }
  return { files: listFiles(request.run_id, result), result };
}

interface ComposeJob {
  readonly request: Request;
  readonly plan: DatasetPlan;
  readonly facts: ChoiceFacts;
  readonly result: DatasetResult;
  readonly deps: Deps;
}

const readWritten = (runId: string, built: readonly BuiltShard[], { collections }: Deps): Promise<WrittenDatasets[]> =>
  // 32 small requests at a time keep a store busy without being throttled.
  each(built, 32, async ({ summary: { ordinal } }) => {
    try {
      return await readJson(collections, runKeys(runId).shard(ordinal).written, WrittenDatasets);
    } catch (cause) {
      if (!(cause instanceof ObjectNotFound)) throw cause;
      throw new ShardMissing(
        `The datasets' parts of shard ${ordinal} of run ${runId} were not written. Start the run again: only what is missing is done.`,
        { cause },
      );
    }
  });

/** What was written by other decisions than the facts count would be another dataset than its card describes. */
function requireSameDecisions({ run_id, decisions_crc32 }: ChoiceFacts, written: readonly WrittenDatasets[]): void {
  if (addParts(written.map(({ decisions }) => decisions)).crc32 === decisions_crc32) return;
  throw new CorruptObject(
    `${runKeys(run_id).choice.facts} belongs to other decisions than those that the datasets were written by; start the run under another run id.`,
  );
}

async function composeFormat(
  name: FormatName,
  written: readonly WrittenDatasets[],
  { request, plan, facts, deps }: ComposeJob,
): Promise<FormatResult> {
  const { run_id } = request;
  const files = new Map<string, { readonly file: DatasetFile; readonly parts: (Part & { lines: number })[] }>();
  for (const { ordinal, formats } of written) {
    for (const file of formats[name] ?? []) {
      const known = files.get(file.file);
      const parts = known?.parts ?? [];
      parts.push({ ...file, key: runKeys(run_id).shard(ordinal).dataset(name, file.file) });
      files.set(file.file, { parts, file: { ...file, lines: (known?.file.lines ?? 0) + file.lines } });
    }
  }
  const composed: DatasetFile[] = [];
  for (const { file, parts } of [...files.values()].sort((a, b) => byPlace(a.file, b.file))) {
    if (file.file.endsWith('.parquet')) composed.push(...(await copyShards(name, { file, parts }, run_id, deps)));
    else {
      await composeFile(runKeys(run_id).dataset(name, file.file), parts, deps);
      composed.push({ ...file, ...addParts(parts) });
    }
  }
  const choice = facts.formats[name];
  const view = choice?.view ?? 'whole';
  const layout = layoutFor(facts.views[view]?.shape ?? 0, plan, request.dataset, facts.rendered);
  return {
    ...{ view, files: composed, pairs: choice?.pairs ?? 0, lines: choice?.lines ?? 0 },
    left_out: choice?.left_out ?? {},
    prompt_style: name === 'trl' || name === 'trl_kto' ? (isConversational(layout) ? 'chat' : 'text') : null,
  };
}

/** Parquet has a footer, so parts do not join: each is a file of the dataset. */
async function copyShards(
  name: FormatName,
  { file, parts }: { readonly file: DatasetFile; readonly parts: readonly (Part & { readonly lines: number })[] },
  runId: string,
  deps: Deps,
): Promise<readonly DatasetFile[]> {
  const copied: DatasetFile[] = [];
  for (const [at, part] of parts.entries()) {
    const named = nameShard(file.file, at, parts.length);
    await composeFile(runKeys(runId).dataset(name, named), [part], deps);
    copied.push({ ...file, file: named, lines: part.lines, ...addParts([part]) });
  }
  return copied;
}

/** The files that go with a format's lines: what the format itself asks for, and a card, since `trl*` folders are Hugging Face datasets. */
async function addCompanions(name: FormatName, format: FormatResult, job: ComposeJob): Promise<FormatResult> {
  if (format.files.length === 0) return format;
  const { companion } = FORMATS[name];
  const files = [...format.files];
  if (companion)
    files.push(await writeText(name, companion.file, companion.text(format.files, layoutOf(format, job)), job));
  if (name === 'trl' || name === 'trl_kto')
    files.push(await writeText(name, 'README.md', cardOf(name, format, job), job));
  return { ...format, files };
}

function layoutOf({ view }: FormatResult, { request, plan, facts }: ComposeJob): Layout {
  return layoutFor(facts.views[view]?.shape ?? 0, plan, request.dataset, facts.rendered);
}

function cardOf(name: FormatName, format: FormatResult, job: ComposeJob): string {
  const { request, facts, result } = job;
  const outcome = facts.views[format.view];
  if (!outcome) throw new Error(`Nothing was chosen for the view ${format.view}.`);
  return datasetCard({
    runId: request.run_id,
    unpaired: FORMATS[name].unpaired === true,
    layout: layoutOf(format, job),
    format,
    selection: outcome.selection,
    withoutPairs: result.items_without_pairs,
    settings: request.dataset,
    builder: request.builder,
    sources: { named: facts.sources, count: facts.source_count },
  });
}

async function writeText(
  format: FormatName,
  file: string,
  text: string,
  { request: { run_id }, deps: { collections } }: ComposeJob,
): Promise<DatasetFile> {
  const whole = `${text.trimEnd()}\n`;
  const sink = openSink(collections, runKeys(run_id).dataset(format, file));
  await sink.writeText(whole);
  const written = await sink.close();
  if (written === 'exists') throw new Error(`${collections.name} refused to replace ${file}.`);
  return { file, split: null, bucket: null, ...written, lines: whole.split('\n').length - 1 };
}

function countItemsWithoutPairs(all: readonly BuiltShard[]): DatasetResult['items_without_pairs'] {
  const totals: Counters = sumCounters(all);
  const items = totals.total_items;
  const rejected_items = sumOfReasons(totals.rejected_items);
  const without_candidates = totals.items_without_candidates;
  const withPairs = all.reduce((sum, { summary }) => sum + summary.items_with_pairs, 0);
  const without_pairs = Math.max(0, items - rejected_items - without_candidates - withPairs);
  const without = rejected_items + without_candidates + without_pairs;
  return { items, share: items === 0 ? 0 : without / items, rejected_items, without_candidates, without_pairs };
}

/** The datasets' files as the manifest lists them. */
function listFiles(runId: string, { formats }: Pick<DatasetResult, 'formats'>): Manifest['datasets'] {
  const files: Manifest['datasets'] = {};
  for (const [format, written] of Object.entries(formats)) {
    files[format] = Object.fromEntries(
      written.files.map((file) => [
        nameFile(file),
        {
          key: runKeys(runId).dataset(format, file.file),
          bytes: file.bytes,
          checksum: { algorithm: 'CRC32', value: crc32Base64(file.crc32) } as const,
          lines: file.lines,
        },
      ]),
    );
  }
  return files;
}

const nameFile = ({ file, split, bucket }: DatasetFile): string => {
  if (split === null) return file;
  const shard = /-(\d{5})-of-\d{5}\.parquet$/.exec(file)?.[1];
  return [split, ...(bucket === null ? [] : [bucket]), ...(shard === undefined ? [] : [shard])].join('_');
};
