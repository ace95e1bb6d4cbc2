import type { DatasetSettings, FormatName } from '../contract/dataset.ts';
import type { ChoiceOutcome, FormatResult } from '../contract/dataset-result.ts';
import type { Group, Trajectory } from '../contract/trajectory.ts';
import type { Decisions } from './decisions.ts';
import type { ExportPlan } from './export-plan.ts';
import { type FormatWriter, formatWriter, type OpenFile } from './format-writer.ts';
import { type Layout, layoutOf } from './layout.ts';
import { type Preference, preferenceOf } from './preference.ts';

export interface PairWriter {
  /** Writes what was decided of a group, in every format. Pairs and groups are numbered as the decisions have them. */
  group(group: Group): Promise<void>;
  /** Pairs so far. */
  readonly pairs: number;
  /** What was written, in the plan's order. */
  close(): Promise<readonly Written[]>;
  abort(): Promise<void>;
}

export interface Written {
  readonly name: FormatName;
  readonly result: FormatResult;
}

/** Looks at every pair before it is written. */
export interface Watch {
  openGroup(group: Group): void;
  pair(pair: number, trajectory: Trajectory, preference: Preference): void;
  closeGroup(): void;
}

const UNWATCHED: Watch = { openGroup() {}, pair() {}, closeGroup() {} };

/** Opens a writer for each of the plan's formats. `decisions` and `shapes`: of the plan's views, in order. */
export function pairWriter(
  plan: ExportPlan,
  settings: DatasetSettings,
  decisions: readonly Decisions[],
  shapes: readonly number[],
  open: OpenFile,
  watch: Watch = UNWATCHED,
): PairWriter {
  const writers = plan.formats.map(({ name, view }): FormatWriter => {
    const at = plan.views.indexOf(view);
    const decided = decisions[at];
    if (!decided) throw new Error(`Nothing was decided for the view ${view}.`);
    const layout = layoutFor(shapes[at] ?? 0, plan, settings);
    return formatWriter({
      name,
      view,
      layout,
      decisions: decided,
      buckets: settings.curriculum?.buckets ?? null,
      open,
    });
  });
  let pair = 0;
  let number = 0;
  return {
    get pairs() {
      return pair;
    },
    async group(group) {
      watch.openGroup(group);
      for (const trajectory of group.trajectories) {
        const preference = preferenceOf(trajectory);
        watch.pair(pair, trajectory, preference);
        for (const writer of writers) {
          const wait = writer.write(pair, number, preference);
          if (wait) await wait;
        }
        pair++;
      }
      watch.closeGroup();
      number++;
    },
    async close() {
      const written: Written[] = [];
      for (const writer of writers) written.push({ name: writer.name, result: await writer.close() });
      return written;
    },
    async abort() {
      for (const writer of writers) await writer.abort();
    },
  };
}

export const layoutFor = (shape: number, { nat }: ExportPlan, settings: DatasetSettings): Layout =>
  layoutOf(shape, { fullHistory: settings.use_full_message_history, nat });

/** The shapes of what was chosen, in the order of the plan's views. */
export const shapesOf = ({ views }: Pick<ChoiceOutcome, 'views'>, plan: ExportPlan): readonly number[] =>
  plan.views.map((view) => views[view]?.shape ?? 0);
