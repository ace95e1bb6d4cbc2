import { comparePairs, compareSettings, compareTotals, type RunDifference } from '../lib/inspect/run-difference.ts';
import type { ReadRun } from './read-run.ts';

export interface NamedDifference extends RunDifference {
  readonly a: string;
  readonly b: string;
  /** Trace objects that only one run read, or that the two read in different versions. */
  readonly inputs: readonly { readonly key: string; readonly change: 'only_in_a' | 'only_in_b' | 'changed' }[];
}

/** What changed from run `a` to run `b`. */
export function diffRuns(a: ReadRun, b: ReadRun): NamedDifference {
  const { run_id: idA, source: _, ...settingsA } = a.request;
  const { run_id: idB, source: __, ...settingsB } = b.request;
  return {
    a: idA,
    b: idB,
    settings: compareSettings(settingsA, settingsB),
    inputs: compareInputs(a, b),
    totals: compareTotals(a.manifest.totals, b.manifest.totals),
    ...comparePairs(a.pairs, b.pairs),
  };
}

function compareInputs(a: ReadRun, b: ReadRun): NamedDifference['inputs'] {
  const pins = ({ manifest }: ReadRun) =>
    new Map(manifest.inputs.map(({ key, etag, bytes }) => [key, `${etag} ${bytes}`] as const));
  const [inA, inB] = [pins(a), pins(b)];
  return [...new Set([...inA.keys(), ...inB.keys()])]
    .sort()
    .filter((key) => inA.get(key) !== inB.get(key))
    .map((key) => ({ key, change: !inB.has(key) ? 'only_in_a' : !inA.has(key) ? 'only_in_b' : 'changed' }));
}
