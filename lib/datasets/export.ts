import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import type { DatasetSettings } from '../contract/dataset.ts';
import type { ChoiceOutcome, DatasetResult } from '../contract/dataset-result.ts';
import type { Group } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { type Choice, chooseAll } from './choice.ts';
import { type ExportPlan, planExport } from './export-plan.ts';
import { finishDatasets } from './finish.ts';
import type { OpenFile } from './format-writer.ts';
import { pairFacts, promptIn, recordsOf, rootDigest } from './group-record.ts';
import { type Ledger, readLedger } from './ledger.ts';
import { pairWriter, type Watch, type Written } from './write-pairs.ts';

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
 *
 * A collection that is too large for one process goes the same way in stretches (`lib/stages/export-in-stretches.ts`).
 */
export async function exportDatasets(job: ExportJob): Promise<DatasetResult> {
  const plan = planExport(job.settings, job.builder);
  const ledger = await readLedger(recordsOf(job.groups(), plan), plan, job.totals.total_pairs);
  const choices = chooseAll(ledger, plan, job.settings);
  const written = await writeGroups(job, plan, ledger, choices);
  return finishDatasets(job, plan, outcomeOf(ledger, choices), written);
}

/** When all groups were looked at a second time. */
export const outcomeOf = ({ sources, items }: Ledger, choices: readonly Choice[]): ChoiceOutcome => ({
  views: Object.fromEntries(choices.map((choice) => [choice.view, choice.outcome()])),
  sources: [...sources],
  items,
});

async function writeGroups(
  { groups, settings, open }: ExportJob,
  plan: ExportPlan,
  ledger: Ledger,
  choices: readonly Choice[],
): Promise<readonly Written[]> {
  const shapes = choices.map(({ shape }) => shape);
  const writer = pairWriter(plan, settings, choices, shapes, open, weighing(choices, plan));
  try {
    for await (const group of groups()) await writer.group(group);
    const expected = ledger.groupOf.length;
    if (writer.pairs !== expected) {
      throw new CorruptObject(
        `The collection had ${expected} trajectories when first read, then ${writer.pairs}. Run again.`,
      );
    }
    return await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Has each pair guarded and weighed on its way. */
function weighing(choices: readonly Choice[], { seed }: ExportPlan): Watch {
  let factsOf = pairFacts();
  return {
    openGroup({ example_id, trajectories }) {
      factsOf = pairFacts();
      const source = trajectories[0]?.metadata.lineage.key ?? '';
      const root = rootDigest(example_id, seed);
      for (const choice of choices) choice.openGroup({ root, source });
    },
    pair(pair, trajectory, preference) {
      const facts = factsOf(trajectory, preference);
      for (const choice of choices) choice.weigh(pair, facts, () => promptIn(choice.view, preference));
    },
    closeGroup() {
      for (const choice of choices) choice.closeGroup();
    },
  };
}
