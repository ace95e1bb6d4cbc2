import { BuilderSettings } from '../contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../contract/counters.ts';
import { type IncompleteObject, noteIncomplete } from '../contract/incomplete-object.ts';
import type { Candidate } from '../preferences/candidate.ts';
import type { CandidatePlace } from '../preferences/candidate-place.ts';
import { pairExample } from '../preferences/pair-example.ts';
import type { PairLimits } from '../preferences/pair-limits.ts';
import { type ContainerSpan, isIncomplete } from '../sources/containers/container.ts';
import { placeItem } from '../sources/place-item.ts';
import type { ReadCandidates, TraceItem } from '../sources/trace-item.ts';

/** What the traces hold, counted before anything runs. */
export interface Inspection extends Readonly<Omit<Tally, 'scores'>> {
  /** Null without candidates. */
  readonly score: Tally['scores'] | null;
  /** What a run would make of the traces, by its settings. */
  readonly settings: readonly SettingsOutcome[];
}

export interface SettingsOutcome {
  /** As they are given to `--set`; empty for the defaults. */
  readonly set: readonly string[];
  readonly pairs: number;
  readonly ties: number;
  readonly identical: number;
  readonly below_min_score_diff: number;
  readonly prompt_mismatches: number;
  /** Items that pass a limit of pairs (`limits.max_turn_pairs`, …). */
  readonly too_many_pairs: number;
}

/** Counts item by item. Of ids it keeps the first million of a file, the one thing here that grows with the input. */
export function openInspector(stepName: string, limits: PairLimits) {
  const outcomes = VARIANTS.map((variant) => ({
    set: Object.entries(variant).map(([name, value]) => `builder.${name}=${value}`),
    settings: BuilderSettings.parse({ ttc_step_name: stepName, ...variant }),
    counters: noCounts(),
  }));
  const counts = noTally();
  let key = '';
  let ids = new Set<string>();
  const readItem = (item: TraceItem, place: CandidatePlace): void => {
    const read = { strict: item.read('strict'), nat: item.read('nat') };
    describe(item, read.strict, stepName, counts);
    if (ids.has(item.id.text)) counts.repeated_ids += 1;
    else if (ids.size < MOST_IDS) ids.add(item.id.text);
    countTurns(read.strict, counts);
    for (const { settings, counters } of outcomes) {
      const rollouts = [{ place, ...read[settings.compatibility] }];
      const paired = pairExample({ exampleId: item.id.text, rollouts }, settings, limits);
      if ('rejected' in paired) addCounts(counters, { ...noCounts(), rejected_items: { too_many_pairs: 1 } });
      else addCounts(counters, paired.counters);
    }
  };
  return {
    /** Ids repeat within a file only. */
    nextFile: (next: string): void => {
      key = next;
      ids = new Set();
    },
    take: (span: ContainerSpan<TraceItem>): void => {
      counts.items += 1;
      counts.bytes += span.bytes;
      if ('item' in span) readItem(span.item, { key, offset: span.offset });
      else {
        const { reason, detail } = span.rejected;
        add(counts.rejected_items, reason);
        counts.first_rejected ??= detail;
        if (isIncomplete(reason)) noteIncomplete(counts.incomplete, { ...placeItem(key, span), reason, detail });
      }
    },
    /** What was taken so far. */
    inspection: (): Inspection => {
      const { scores, ...others } = counts;
      return {
        ...others,
        score: counts.candidates === 0 ? null : scores,
        settings: outcomes.map(({ set, counters }) => outcomeOf(set, counters)),
      };
    },
  };
}

/** What is worth comparing: the defaults, what they refuse, and how much a least margin costs. */
const VARIANTS: readonly Partial<BuilderSettings>[] = [
  {},
  { exhaustive_pairs: false },
  { min_score_diff: 0.05 },
  { min_score_diff: 0.1 },
  { min_score_diff: 0.25 },
  { compatibility: 'nat' },
  { compatibility: 'nat', exhaustive_pairs: false },
];

const outcomeOf = (set: readonly string[], counters: Counters): SettingsOutcome => ({
  set,
  pairs: counters.total_pairs,
  ties: counters.skipped_tie,
  identical: counters.skipped_identical,
  below_min_score_diff: counters.skipped_score_diff,
  prompt_mismatches: counters.skipped_prompt_mismatch,
  too_many_pairs: counters.rejected_items.too_many_pairs ?? 0,
});

type Counts = Record<string, number>;
/** Names come from the traces: `__proto__` is one like another. */
const noNames = (): Counts => Object.create(null);

/** Inspection in the making. */
const noTally = () => ({
  items: 0,
  /** Bytes of trace items, uncompressed. */
  bytes: 0,
  /** Spans that are no items, by reason. */
  rejected_items: noNames(),
  /** Why the first of them is none. */
  first_rejected: null as string | null,
  /** Files that cannot be read to their end. */
  incomplete: [] as IncompleteObject[],
  items_without_steps: 0,
  /** Steps by `event_type`. */
  steps: noNames(),
  /** TTC_END steps by name: what `builder.ttc_step_name` can be. */
  ttc_names: noNames(),
  items_in_atif: 0,
  /** Of items without steps: keys that hold steps under another name, and all keys where the one for steps is missing. */
  step_keys: noNames(),
  other_keys: noNames(),
  /** Items whose id another item of the same file has. */
  repeated_ids: 0,
  candidates: 0,
  rejected_candidates: noNames(),
  turns: 0,
  /** Turns by their number of candidates. */
  turns_by_candidates: noNames(),
  scores: { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, mean: 0 },
  /** Candidates by what their prompt is. */
  prompts: { text: 0, messages: 0, empty: 0 },
  turns_with_several_prompts: 0,
});
type Tally = ReturnType<typeof noTally>;

function describe(item: TraceItem, { candidates, rejected }: ReadCandidates, stepName: string, counts: Tally): void {
  const { eventTypes, ttcNames, withoutSteps, atif, stepKeys, otherKeys } = item.describe();
  const answers = candidates.length + rejected.length;
  if (atif) counts.items_in_atif += 1;
  if (withoutSteps && answers === 0) {
    counts.items_without_steps += 1;
    for (const key of stepKeys) add(counts.step_keys, key);
    for (const key of otherKeys) add(counts.other_keys, key);
  }
  // Candidate lines have no steps to tell of.
  const isLines = answers > ttcNames.filter((name) => name === stepName).length;
  const each = (name: string) => Array<string>(answers).fill(name);
  for (const type of isLines ? each('TTC_END') : eventTypes) add(counts.steps, type);
  for (const name of isLines ? each(stepName) : ttcNames) add(counts.ttc_names, name);
}

function countTurns({ candidates, rejected }: ReadCandidates, counts: Tally): void {
  for (const { reason } of rejected) add(counts.rejected_candidates, reason);
  for (const candidate of candidates) countCandidate(candidate, counts);
  for (const turn of Map.groupBy(candidates, ({ turnId }) => turnId).values()) {
    counts.turns += 1;
    add(counts.turns_by_candidates, String(turn.length));
    if (new Set(turn.map(({ prompt }) => prompt.json)).size > 1) counts.turns_with_several_prompts += 1;
  }
}

function countCandidate({ score, prompt: { json } }: Candidate, counts: Tally): void {
  counts.candidates += 1;
  counts.scores.min = Math.min(counts.scores.min, score);
  counts.scores.max = Math.max(counts.scores.max, score);
  // A running mean neither overflows nor needs the scores again.
  counts.scores.mean += (score - counts.scores.mean) / counts.candidates;
  if (json.startsWith('[')) counts.prompts.messages += 1;
  else if (json === '""') counts.prompts.empty += 1;
  else counts.prompts.text += 1;
}

/** Bounded in number and length. */
function add(counts: Counts, name: string): void {
  const short = name.slice(0, 80);
  if (!(short in counts) && Object.keys(counts).length >= 50) return;
  counts[short] = (counts[short] ?? 0) + 1;
}

const MOST_IDS = 1_000_000;
