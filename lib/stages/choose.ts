import { ChoiceFacts } from '../contract/choice-facts.ts';
import type { Shard } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
import type { ChooseInput, ChooseOutput } from '../contract/states.ts';
import { choosePairs } from '../datasets/choose-pairs.ts';
import { type DatasetPlan, planDatasets } from '../datasets/dataset-plan.ts';
import { packDecisions } from '../datasets/decisions.ts';
import { passGate } from '../datasets/gate.ts';
import { layoutFor } from '../datasets/layout.ts';
import { readPairIndex } from '../datasets/pair-index.ts';
import { bytesToChoose, openPairTable, type PairTable } from '../datasets/pair-table.ts';
import { refuseDates } from '../datasets/refuse-dates.ts';
import { requireLines } from '../datasets/require-lines.ts';
import { DatasetTooLarge } from '../errors.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { inOneChunk } from '../objects/store.ts';
import { jsonText, readChecked, readJson } from '../objects/stored-json.ts';
import { addParts, composeFile, partsOf } from './compose-parts.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { readPlan } from './read-plan.ts';
import { requireGoodRun } from './require-good-run.ts';
import { type BuiltShard, readBuiltRun, sumCounters } from './summaries.ts';

export interface ChooseDeps extends Deps {
  /** What it may hold of the pairs that it chooses among, in bytes. */
  readonly memoryBytes: number;
}

/**
 * Chooses the datasets' pairs among all of the run, by the shards' pair indexes, and leaves each shard its decisions; the
 * facts last, once. A run whose facts exist is not chosen again. Throws {@link ShardMissing}, {@link NoCandidates},
 * {@link TooManyRejected}, {@link DatasetTooLarge}, {@link LeakingDataset}, {@link GateMissed}, {@link EmptyDataset}, {@link InvalidRequest}.
 */
export async function choose({ run_id }: ChooseInput, deps: ChooseDeps): Promise<ChooseOutput> {
  const keys = runKeys(run_id);
  const store = deps.collections;
  const request = await readJson(store, keys.request, Request);
  const plan = await readPlan(run_id, deps);
  const { built, all } = await readBuiltRun(run_id, plan, deps);
  // Before this can fail the run, the losses are where the message says.
  await composeFile(keys.rejected, partsOf(run_id, all, 'rejected'), deps);
  requireGoodRun({ request, source: plan.source, built: all }, `${store.name}/${keys.rejected}`);
  const facts = (await store.head(keys.choice.facts))
    ? await readJson(store, keys.choice.facts, ChoiceFacts)
    : await chooseAmong(request, { built, grouping: plan.grouping }, deps);
  passGate(request.dataset.gate, facts, sumCounters(all), `${store.name}/${keys.choice.facts}`);
  requireLines(request, facts);
  return { run_id, pairs: facts.pairs };
}

/** Chooses, and stores each shard's decisions and then the facts. Throws {@link DatasetTooLarge}, {@link LeakingDataset}. */
export async function chooseAmong(
  request: Request,
  { built, grouping }: { readonly built: readonly BuiltShard[]; readonly grouping: readonly Shard[] },
  deps: ChooseDeps,
): Promise<ChoiceFacts> {
  const { run_id } = request;
  const keys = runKeys(run_id);
  const store = deps.collections;
  const plan = planDatasets(request.dataset, request.builder);
  requireRoom(plan, built, deps);
  const table = await readTable(run_id, plan, built, deps);
  const choice = choosePairs(table, plan, request.dataset);
  const rendered = built.some(({ summary }) => summary.rendered === true);
  for (const { name, view } of plan.formats) {
    const [outcome, made] = [choice.views.find((one) => one.view === view)?.outcome, choice.formats[name]];
    if (request.dataset.file_type !== 'jsonl' || !outcome || !made) continue;
    refuseDates(name, made, layoutFor(outcome.shape, plan, request.dataset, rendered));
  }
  const firsts = firstPairs(built);
  // 32 small requests at a time keep a store busy without being throttled.
  const decided = await each(built, 32, async ({ summary: { ordinal, index } }, position) => {
    const decisions = packDecisions(choice.views, firsts[position] ?? 0, index.pairs);
    await store.write(keys.choice.decisions(ordinal), inOneChunk(decisions));
    return { bytes: decisions.length, crc32: crc32(decisions) };
  });
  const facts: ChoiceFacts = {
    run_id,
    pairs: table.pairs,
    rendered,
    views: Object.fromEntries(choice.views.map(({ view, outcome }) => [view, outcome])),
    formats: choice.formats,
    left_out_pairs: choice.leftOut,
    decisions_crc32: addParts(decided).crc32,
    ...nameSources(table, grouping),
  };
  await store.create(keys.choice.facts, jsonText(facts));
  return facts;
}

/** Of grouped candidates the table knows no objects: then all that were read are named. */
function nameSources(
  { sources }: PairTable,
  grouping: readonly Shard[],
): Pick<ChoiceFacts, 'sources' | 'source_count'> {
  const keys =
    grouping.length === 0 ? sources : [...new Set(grouping.flatMap(({ slices }) => slices.map(({ key }) => key)))];
  return { sources: keys.slice(0, NAMED_SOURCES), source_count: keys.length };
}

/** Trace objects that the facts, and so the cards, name: a run may have a million. */
const NAMED_SOURCES = 20;

async function readTable(
  runId: string,
  plan: DatasetPlan,
  built: readonly BuiltShard[],
  { collections }: Deps,
): Promise<PairTable> {
  const table = openPairTable(plan, sumPairs(built));
  for (const { shard, summary } of built) {
    const { index } = summary;
    if (index.pairs === 0) continue;
    const key = runKeys(runId).shard(summary.ordinal).index;
    const stream = readChecked(collections, key, index.crc32);
    const blocks = readPairIndex(stream, plan, { pairs: index.pairs, name: `${collections.name}/${key}` });
    const sources = shard.slices.map((slice) => slice.key);
    for await (const block of blocks) table.add(block, sources);
  }
  return table.close();
}

const sumPairs = (built: readonly BuiltShard[]): number =>
  built.reduce((sum, { summary }) => sum + summary.index.pairs, 0);

/** The number of each shard's first pair. */
function firstPairs(built: readonly BuiltShard[]): readonly number[] {
  let first = 0;
  return built.map(({ summary }) => {
    const here = first;
    first += summary.index.pairs;
    return here;
  });
}

function requireRoom(plan: DatasetPlan, built: readonly BuiltShard[], { memoryBytes }: ChooseDeps): void {
  const { total_turns: turns, total_candidates: candidates, total_examples: examples } = sumCounters(built);
  const pairs = sumPairs(built);
  const bytes = bytesToChoose(plan, { pairs, turns, candidates, examples });
  if (bytes <= memoryBytes) return;
  throw new DatasetTooLarge(
    `To choose among ${pairs} pairs for these formats takes ${inMegabytes(bytes)} MB of memory, but this function has ${inMegabytes(memoryBytes)} MB. Give it more (the stack's chooseMemory), or finish the run on a larger machine: dpo run with the same request and --run-id. Or start another run with fewer formats, none (dataset.formats []), or over fewer traces.`,
  );
}

const inMegabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
