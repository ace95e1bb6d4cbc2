import type { Trajectory } from '../contract/trajectory.ts';
import { isObject } from '../sources/json/exact-json.ts';

/** What changed between two runs' collections, example by example. */
export interface RunDifference {
  /** Settings that differ, dotted, with their values. */
  readonly settings: readonly SettingChange[];
  /** Counters of the totals that differ. */
  readonly totals: readonly CounterChange[];
  readonly pairs: PairChange & { readonly in_both: number };
  readonly examples: { readonly only_in_a: number; readonly only_in_b: number; readonly changed: number };
  /** The first examples that differ, by id. */
  readonly first: readonly ExampleChange[];
}

export interface SettingChange {
  readonly setting: string;
  readonly a: unknown;
  readonly b: unknown;
}

export interface CounterChange {
  readonly counter: string;
  readonly a: number;
  readonly b: number;
}

export interface PairChange {
  readonly only_in_a: number;
  readonly only_in_b: number;
  /** In both by turn and texts, with other scores or another reward. */
  readonly rescored: number;
}

export interface ExampleChange extends PairChange {
  readonly example_id: string;
}

/** A pair as it is compared: its name is its turn and texts, the rest is what a rescoring changes. */
export interface ComparedPair {
  readonly name: string;
  readonly scores: string;
}

/** `digest` makes a short name of a long text, so that a run's pairs fit in memory: some 100 bytes each. */
export function comparedPair(
  { episode: [step], reward, metadata }: Trajectory,
  digest: (text: string) => string,
): ComparedPair {
  const { prompt, chosen_response, rejected_response } = step;
  return {
    name: digest(JSON.stringify([metadata.turn_id, prompt, chosen_response, rejected_response])),
    scores: `${metadata.chosen_score} ${metadata.rejected_score} ${reward}`,
  };
}

/** The pairs of every example of a run. An example with several groups has the pairs of all. */
export type PairsByExample = ReadonlyMap<string, readonly ComparedPair[]>;

export function comparePairs(
  a: PairsByExample,
  b: PairsByExample,
): Pick<RunDifference, 'pairs' | 'examples' | 'first'> {
  const pairs = { only_in_a: 0, only_in_b: 0, in_both: 0, rescored: 0 };
  const examples = { only_in_a: 0, only_in_b: 0, changed: 0 };
  const first: ExampleChange[] = [];
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const change = compareExample(a.get(id) ?? [], b.get(id) ?? []);
    for (const count of ['only_in_a', 'only_in_b', 'in_both', 'rescored'] as const) pairs[count] += change[count];
    if (change.only_in_a + change.only_in_b + change.rescored === 0) continue;
    if (!b.has(id)) examples.only_in_a += 1;
    else if (!a.has(id)) examples.only_in_b += 1;
    else examples.changed += 1;
    const { in_both: _, ...told } = change;
    if (first.length < MOST_EXAMPLES) first.push({ example_id: id, ...told });
  }
  return { pairs, examples, first };
}

function compareExample(a: readonly ComparedPair[], b: readonly ComparedPair[]) {
  const left = Map.groupBy(a, ({ name }) => name);
  let inBoth = 0;
  let rescored = 0;
  let onlyInB = 0;
  for (const { name, scores } of b) {
    const same = left.get(name)?.shift();
    if (!same) onlyInB += 1;
    else {
      inBoth += 1;
      if (same.scores !== scores) rescored += 1;
    }
  }
  return { only_in_a: a.length - inBoth, only_in_b: onlyInB, in_both: inBoth, rescored };
}

/** Leaves of two settings objects that differ; a setting that one lacks is undefined there. */
export function compareSettings(a: unknown, b: unknown, path: readonly string[] = []): SettingChange[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isObject(a) || !isObject(b)) return [{ setting: path.join('.'), a, b }];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    compareSettings(a[key], b[key], [...path, key]),
  );
}

/** Counters that differ; those by reason as `rejected_candidates.empty_response`. */
export function compareTotals(a: object, b: object): CounterChange[] {
  return compareSettings(flat(a), flat(b)).map(({ setting, a, b }) => ({
    counter: setting,
    a: typeof a === 'number' ? a : 0,
    b: typeof b === 'number' ? b : 0,
  }));
}

const flat = (counters: object): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counters).flatMap(([name, value]) =>
      typeof value === 'number'
        ? [[name, value]]
        : Object.entries(value ?? {}).map(([reason, count]) => [`${name}.${reason}`, Number(count)]),
    ),
  );

const MOST_EXAMPLES = 20;
