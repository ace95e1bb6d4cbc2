import type { Diagnosis } from '../../contract/summary.ts';
import { NO_CANDIDATES } from '../../sources/formats/nat/no-candidates.ts';
import type { TraceItem } from '../../sources/trace-item.ts';

export const noDiagnosis = (): Diagnosis => ({
  items: 0,
  without_steps: 0,
  atif: 0,
  event_types: {},
  ttc_names: {},
  other_keys: {},
  step_keys: {},
});

/** Notes what an item without candidates looks like; the first 20 of a shard tell enough. */
export function diagnoseItem(diagnosis: Diagnosis, item: TraceItem): void {
  if (diagnosis.items >= 20) return;
  const { eventTypes, ttcNames, withoutSteps, atif, otherKeys, stepKeys } = item.describe();
  diagnosis.items += 1;
  if (withoutSteps) diagnosis.without_steps += 1;
  if (atif) diagnosis.atif += 1;
  for (const type of eventTypes) note(diagnosis.event_types, type);
  for (const name of ttcNames) note(diagnosis.ttc_names, name);
  for (const key of otherKeys) note(diagnosis.other_keys, key);
  for (const key of stepKeys) note(diagnosis.step_keys, key);
}

/** One diagnosis of all shards. */
export function addDiagnosis(sum: Diagnosis, more: Diagnosis): void {
  sum.items += more.items;
  sum.without_steps += more.without_steps;
  sum.atif += more.atif;
  for (const counted of COUNTED) {
    for (const [name, times] of Object.entries(more[counted])) note(sum[counted], name, times);
  }
}

const COUNTED = ['event_types', 'ttc_names', 'other_keys', 'step_keys'] as const;

/** Names that the traces give are the input's own words: in logs only their number is said. */
export type SayNames = (names: readonly string[]) => string;

export const countNames: SayNames = ({ length }) =>
  length === 1 ? '(a name that dpo inspect shows)' : `(${length} names that dpo inspect shows)`;

/** Why a run has no candidate, as a person would say it, with the way out. */
export function likelyCause(diagnosis: Diagnosis, stepName: string, list: SayNames = quoteNames): string {
  const names = Object.keys(diagnosis.ttc_names).sort();
  if (names.length > 0) {
    return `The TTC_END steps are named ${list(names)}, not ${JSON.stringify(stepName)}: set builder.ttc_step_name to the one you mean.`;
  }
  const withoutSteps = diagnosis.items > 0 && diagnosis.without_steps === diagnosis.items;
  if (withoutSteps && diagnosis.atif > 0) return NO_CANDIDATES.atif;
  const renamed = Object.keys(diagnosis.step_keys).sort();
  if (withoutSteps && renamed.length > 0) return NO_CANDIDATES.renamed(list(renamed));
  const keys = Object.keys(diagnosis.other_keys);
  if (withoutSteps && keys.length > 0) return NO_CANDIDATES.missing(list(keys));
  if (withoutSteps) return NO_CANDIDATES.noSteps;
  const types = Object.keys(diagnosis.event_types).sort();
  if (types.length > 0) return NO_CANDIDATES.otherSteps(list(types));
  return 'No trace item was found in the traces.';
}

/** `event_type` and `name` come from the trace: bounded in number and length, and never taken for a prototype. */
const note = (counts: Record<string, number>, name: string, times = 1): void => {
  const short = name.slice(0, 80);
  const known = Object.hasOwn(counts, short);
  if (!known && Object.keys(counts).length >= 20) return;
  Object.defineProperty(counts, short, {
    value: (known ? (counts[short] ?? 0) : 0) + times,
    enumerable: true,
    configurable: true,
    writable: true,
  });
};

const quoteNames: SayNames = (names) => {
  const quoted = names.map((name) => JSON.stringify(name));
  return quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
};
