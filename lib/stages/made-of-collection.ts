import type { CollectionRun } from '../contract/collection-run.ts';
import type { Counters } from '../contract/counters.ts';
import type { CommittedFile } from '../contract/manifest.ts';
import type { Request } from '../contract/request.ts';
import type { Exporting, FinalizeInput } from '../contract/states.ts';
import { planExport } from '../datasets/export-plan.ts';
import { bytesToChoose } from '../datasets/ledger.ts';
import { DatasetTooLarge } from '../errors.ts';
import type { ReportSample } from '../report/input.ts';
import { type ReportSampler, reportSample } from '../report/sample.ts';
import type { Deps } from './deps.ts';
import { exportInStretches } from './export-in-stretches.ts';
import type { ExportLimits } from './export-limits.ts';
import { groupsOf } from './groups-of.ts';
import { groupsInStretches, isShort, watchedOnce } from './watched-groups.ts';
import { collectionRuns } from './workflow/collection-runs.ts';
import { type WrittenDatasets, wantsDataset, writeDatasets } from './write-datasets.ts';

export interface MadeOfCollection {
  readonly datasets: WrittenDatasets | undefined;
  /** Of each repetition of a workflow's dataset; traces that were there are one. */
  readonly records: readonly CollectionRun[];
  readonly sample: ReportSample;
}

/**
 * Makes of the composed collection what is asked for. All of it is read where something is made of every group, else
 * enough for the report. Answers what is to be done with its stretches, where it is too large to be exported alone.
 */
export async function madeOfCollection(
  request: Request,
  { key, bytes }: CommittedFile,
  totals: Counters,
  input: FinalizeInput,
  deps: Deps & ExportLimits,
): Promise<MadeOfCollection | Exporting['export']> {
  const sampler = reportSample();
  if (wantsDataset(request)) requireManageable(request, totals, deps);
  if (wantsDataset(request) && bytes > deps.exportsAlone) {
    const stretchBytes = Math.ceil(deps.exportsAlone / STRETCHES_ALONE);
    const exported = await exportInStretches(request, { bytes, stretchBytes }, totals, input, deps);
    if ('phase' in exported) return exported;
    await showSome(sampler, key, bytes, deps);
    return { datasets: exported, records: exported.records, sample: sampler.sample() };
  }
  const runs = collectionRuns(request);
  const groups = watchedOnce([sampler, runs], key, deps);
  if (wantsDataset(request)) {
    const datasets = await writeDatasets(request, totals, groups, deps);
    return { datasets, records: runs.records(), sample: sampler.sample() };
  }
  if ('workflow' in request.source || isShort(bytes)) {
    for await (const _ of groups());
    return { datasets: undefined, records: runs.records(), sample: sampler.sample() };
  }
  await showSome(sampler, key, bytes, deps);
  return { datasets: undefined, records: [], sample: sampler.sample() };
}

/** A function that exports so much by itself does an eighth of it with time to spare, and there is much to share. */
const STRETCHES_ALONE = 8;

async function showSome(sampler: ReportSampler, key: string, bytes: number, deps: Deps): Promise<void> {
  const groups = isShort(bytes)
    ? groupsOf(key, { start: 0, end: bytes, collection_bytes: bytes }, deps)
    : groupsInStretches(key, bytes, deps);
  for await (const group of groups) sampler.add(group);
}

function requireManageable(
  { dataset, builder }: Request,
  { total_pairs: pairs, total_turns: turns, total_examples: examples }: Counters,
  { memoryBytes }: ExportLimits,
): void {
  const bytes = bytesToChoose(planExport(dataset, builder), { pairs, turns, examples });
  if (bytes <= memoryBytes) return;
  throw new DatasetTooLarge(
    `There are ${pairs} pairs, and choosing among them for these formats takes ${inMegabytes(bytes)} MB of memory, where this function has ${inMegabytes(memoryBytes)}. Give it more (the stack's finalizeMemory), or finish the run on a larger machine: dpo run with the same request and --run-id. Or start another run with fewer formats, none (dataset.formats []), or over fewer traces.`,
  );
}

const inMegabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
