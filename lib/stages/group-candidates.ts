import { isContainerSlice, type Shard, Shards } from '../contract/plan.ts';
import { RunSource } from '../contract/run-source.ts';
import type { GroupCandidatesInput, GroupCandidatesOutput } from '../contract/states.ts';
import type { Summary } from '../contract/summary.ts';
import { ShardMissing } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import { openFormat } from '../sources/open-format.ts';
import { noDiagnosis } from './build-shard/diagnosis.ts';
import { type Losses, NOTHING, openLosses } from './build-shard/open-losses.ts';
import type { Deps } from './deps.ts';
import { type GroupedPartWriter, openGroupedPart } from './source/grouped-part.ts';
import { readCandidates } from './source/read-candidates.ts';
import { readRecords } from './source/read-records.ts';
import { identifyGroup, scoreCandidate, toPlace } from './source/scored-candidate.ts';
import { summarizeOnce } from './summarize-once.ts';

/**
 * Reads a slice of a source whose groups lie apart, and partitions its candidates by the digests of their groups; records
 * that hold none are losses. The summary is the last write, made once: a slice whose summary exists is not read again.
 */
export async function groupCandidates(
  { run_id, ordinal }: GroupCandidatesInput,
  deps: Deps,
): Promise<GroupCandidatesOutput> {
  const of = { runId: run_id, ordinal };
  const { summary, made } = await summarizeOnce(of, deps, async () => {
    const source = await readJson(deps.collections, runKeys(run_id).source, RunSource);
    const { task, buckets } = await findTask(run_id, ordinal, deps);
    const losses = openLosses(deps.collections, of);
    const grouped = openGroupedPart(deps.collections, { ...of, buckets });
    try {
      await groupSlices(task, { source, grouped, losses }, deps);
      await grouped.close();
      return { ...NO_PAIRS, ...(await losses.close()), diagnosis: noDiagnosis() };
    } catch (error) {
      await Promise.all([losses.abort(), grouped.abort()]);
      throw error;
    }
  });
  return report(summary, made);
}

/** Its candidates are paired later. */
const NO_PAIRS = {
  collection: NOTHING,
  index: { ...NOTHING, pairs: 0 },
  items_with_pairs: 0,
  repetitions: [],
  warnings: [],
};

const report = ({ run_id, ordinal, counters }: Summary, grouped: boolean): GroupCandidatesOutput => ({
  run_id,
  ordinal,
  grouped,
  items: counters.total_items,
  bytes: counters.bytes,
  rejected_items: counters.rejected_items,
});

/** The buckets' ordinals come before those of the tasks, so the first task has their number. */
async function findTask(runId: string, ordinal: number, { collections }: Deps) {
  const tasks = await readJson(collections, runKeys(runId).grouping, Shards);
  const task = tasks.find((one) => one.ordinal === ordinal);
  if (!task) throw new ShardMissing(`Run ${runId} has no task ${ordinal} of GroupCandidates. Start the run again.`);
  return { task, buckets: tasks[0]?.ordinal ?? 1 };
}

interface Grouping {
  readonly source: RunSource;
  readonly grouped: GroupedPartWriter;
  readonly losses: Losses;
}

async function groupSlices({ slices }: Shard, grouping: Grouping, deps: Deps): Promise<void> {
  const { source, grouped, losses } = grouping;
  const format = openFormat(source.format, source.nat_keys);
  const spans = readRecords(slices.filter(isContainerSlice), format, deps);
  for await (const reading of readCandidates(spans, format, losses)) {
    if ('rejected' in reading) {
      await losses.loseItem(toPlace(reading.place), { exampleId: null, ...reading.rejected });
      continue;
    }
    const scored = scoreCandidate(reading.place, reading.candidate, source.score);
    await grouped.add(identifyGroup(scored).digest, JSON.stringify(scored));
  }
}
