import type { FormatName } from '../../contract/dataset.ts';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { DatasetPlan } from '../../datasets/dataset-plan.ts';
import { type Decisions, unpackDecisions } from '../../datasets/decisions.ts';
import { FORMATS } from '../../datasets/formats/index.ts';
import { TRAINING, VALIDATION } from '../../datasets/split-pairs.ts';
import { runKeys } from '../../objects/keys.ts';
import { readAll } from '../../objects/store.ts';
import type { PairFate, SampledPair } from '../../report/input.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import type { BuiltShard } from '../summaries.ts';
import { locatePairs } from './locate-pairs.ts';

/** Says of sampled pairs what became of them in the datasets, by the decisions of their shards. */
export async function readFates(
  runId: string,
  { plan, built }: { readonly plan: DatasetPlan; readonly built: readonly BuiltShard[] },
  sampled: readonly SampledPair[],
  { collections }: Deps,
): Promise<readonly SampledPair[]> {
  const shards = locatePairs(
    sampled.map(({ number }) => number - 1),
    built,
  );
  const decided = await each(shards, AT_ONCE, async ({ built: { summary }, pairs }) => {
    const packed = await readAll(collections, runKeys(runId).choice.decisions(summary.ordinal));
    const decisions = unpackDecisions(packed, plan.views.length, summary.index.pairs);
    return pairs.map(({ number, place }) => [number + 1, { decisions, place }] as const);
  });
  const byNumber = new Map(decided.flat());
  return sampled.map((pair) => {
    const found = byNumber.get(pair.number);
    return found ? { ...pair, fates: fatesOf(pair, plan, found) } : pair;
  });
}

/** A shard's decisions are two bytes a pair and view. */
const AT_ONCE = 4;

type Fate = PairFate['is'];

interface Decided {
  /** Of its shard, view by view. */
  readonly decisions: readonly Decisions[];
  readonly place: number;
}

/** What became of the pair, each with the formats in which it did. */
function fatesOf({ left_out }: SampledPair, plan: DatasetPlan, { decisions, place }: Decided): PairFate[] {
  if (plan.formats.length === 0) return fatesIn(decisions[0], place).map((is) => ({ is, formats: [] }));
  const formatsOf = new Map<Fate, FormatName[]>();
  for (const { name, view } of plan.formats) {
    const fates = fatesIn(decisions[plan.views.indexOf(view)], place, { name, reason: left_out[name] });
    for (const is of fates) formatsOf.set(is, [...(formatsOf.get(is) ?? []), name]);
  }
  return [...formatsOf].map(([is, formats]) => ({ is, formats }));
}

/** In one view, and in the lines of a format that is written from it. */
function fatesIn(
  decisions: Decisions | undefined,
  place: number,
  format?: { readonly name: FormatName; readonly reason: LeftOutReason | undefined },
): readonly Fate[] {
  const side = decisions?.side(place) ?? 0;
  if (!decisions || side === 0) return [decisions?.dropped(place) ?? 'left_out'];
  if (format?.reason) return [format.reason];
  const sides = SIDES.flatMap(([bit, name]) => ((side & bit) === 0 ? [] : [name]));
  if (!format || !FORMATS[format.name].unpaired) return sides;
  const lost = [decisions.fate(place, true), decisions.fate(place, false)].filter((fate) => fate !== 'write');
  return [...(lost.length < 2 ? sides : []), ...new Set(lost)];
}

const SIDES = [
  [TRAINING, 'training'],
  [VALIDATION, 'validation'],
] as const;
