import { addCounts, noCounts } from '../contract/counters.ts';
import { type IncompleteObject, noteIncomplete } from '../contract/incomplete-object.ts';
import type { Request } from '../contract/request.ts';
import type { ScoreChoice } from '../contract/score-choice.ts';
import type { TraceSource } from '../contract/source.ts';
import type { Unit } from '../contract/unit.ts';
import { pairExample } from '../preferences/pair-example.ts';
import { isIncomplete } from '../sources/containers/container.ts';
import { findDefaultScore, pickScore } from '../sources/pick-score.ts';
import type { SourceCandidate } from '../sources/source-candidate.ts';
import { defaultUnit, type PlacedReading } from '../sources/source-format.ts';
import type { Deps } from './deps.ts';
import { makeRollouts } from './source/make-rollouts.ts';
import { type RecordCount, readCandidates } from './source/read-candidates.ts';
import { readRecords } from './source/read-records.ts';
import type { FoundRecords } from './source/resolve-source.ts';
import { identifyGroup, toPlace } from './source/scored-candidate.ts';

/** What a source other than NAT's traces holds, counted before anything runs. */
export interface SourceInspection {
  readonly format: string;
  /** Objects by their container. */
  readonly containers: Readonly<Record<string, number>>;
  /** Keys of objects that hold no records of the format. */
  readonly passed_over: readonly string[];
  readonly records: number;
  /** Of the records, uncompressed. */
  readonly bytes: number;
  /** The source goes on: only its first records were read. */
  readonly cut: boolean;
  readonly rejected_records: Readonly<Record<string, number>>;
  /** Objects that cannot be read to their end. */
  readonly incomplete: readonly IncompleteObject[];
  readonly candidates: number;
  readonly groups: number;
  /** Groups by their number of candidates. */
  readonly groups_by_candidates: Readonly<Record<string, number>>;
  readonly scores: readonly ScoreSummary[];
  /** The score that a run takes; null where the request has to name one. */
  readonly score: ScoreChoice | null;
  readonly unit: Unit;
  /** Candidates that would be left out, with the run's unit and score, by reason. */
  readonly rejected_candidates: Readonly<Record<string, number>>;
  readonly unused_keys: readonly string[];
  readonly outcomes: readonly SourceOutcome[];
}

export interface ScoreSummary {
  readonly name: string;
  readonly candidates: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** What a run would make of the source, by its settings. */
export interface SourceOutcome {
  /** As they are given to `--set`; empty for the defaults. */
  readonly set: readonly string[];
  readonly pairs: number;
  readonly ties: number;
  readonly identical: number;
  readonly prompt_mismatches: number;
  readonly single: number;
  /** Groups that pass a limit of pairs (`limits.max_turn_pairs`, …). */
  readonly too_many_pairs: number;
}

/** Reads at most READ_BYTES of the source, and pairs what it read in memory by each score and each unit. */
export async function inspectSource(
  found: FoundRecords,
  { source, builder, limits }: { readonly source: TraceSource } & Pick<Request, 'builder' | 'limits'>,
  deps: Deps,
): Promise<SourceInspection> {
  const { format, objects, passedOver } = found;
  const { scores, groups, ...read } = await readGroups(found, deps);
  const names = [...scores.keys()];
  const score = source.score ?? findDefaultScore(format, names) ?? null;
  const unit = builder.unit ?? defaultUnit(format);
  const units: readonly Unit[] = format.holds === 'conversations' ? ['final', 'divergence', 'trajectory'] : [unit];
  const variants = [
    ...(score === null ? [] : units.map((one): Variant => ({ unit: one, score }))),
    ...names.filter((name) => name !== score).map((name): Variant => ({ unit, score: name })),
  ];
  const outcomes = variants.map((variant) => ({
    ...pairAll(groups.values(), variant, { builder, limits }),
    set: settingsOf(variant, { unit, score }),
  }));
  // Without a score to take, what is lost by the first one.
  const first = score === null ? outcomes[0] : outcomes[units.indexOf(unit)];
  return {
    format: typeof source.format === 'object' ? 'field map' : format.name,
    containers: Object.fromEntries(
      [...Map.groupBy(objects, ({ slice }) => slice?.container ?? 'empty')].map(([name, of]) => [name, of.length]),
    ),
    passed_over: passedOver,
    records: read.records,
    bytes: read.bytes,
    cut: read.cut,
    rejected_records: Object.fromEntries(read.rejected),
    incomplete: read.incomplete,
    candidates: read.candidates,
    groups: groups.size,
    groups_by_candidates: countSizes(groups.values()),
    scores: [...scores].map(([name, values]) => summarize(name, values)),
    score,
    unit,
    rejected_candidates: first?.rejected ?? {},
    unused_keys: [...read.unused],
    outcomes: outcomes.map(({ set, outcome }) => ({ set, ...outcome })),
  };
}

async function readGroups({ format, objects }: FoundRecords, deps: Deps) {
  const read = {
    ...{ records: 0, bytes: 0, candidates: 0, cut: false },
    rejected: new Map<string, number>(),
    incomplete: [] as IncompleteObject[],
    unused: new Set<string>(),
    groups: new Map<string, CandidateReading[]>(),
    scores: new Map<string, number[]>(),
  };
  const count: RecordCount = {
    countItem({ bytes }) {
      read.records += 1;
      read.bytes += bytes;
    },
    countUnused(keys) {
      for (const key of keys) if (read.unused.size < MOST_KEYS) read.unused.add(key.slice(0, LONGEST_KEY));
    },
  };
  const slices = objects.flatMap(({ slice }) => slice ?? []);
  for await (const reading of readCandidates(readRecords(slices, format, deps), format, count)) {
    if ('rejected' in reading) {
      const { reason, detail } = reading.rejected;
      add(read.rejected, reason);
      if (isIncomplete(reason)) noteIncomplete(read.incomplete, { ...toPlace(reading.place), reason, detail });
    } else {
      read.candidates += 1;
      noteScores(reading.candidate, read.scores);
      // Of a complete format each record is a group.
      const group = format.scattered ? identifyGroup(reading).digest : String(read.records);
      const together = read.groups.get(group);
      if (together) together.push(reading);
      else read.groups.set(group, [reading]);
    }
    if (read.bytes > READ_BYTES && format.kind === 'records') {
      read.cut = true;
      break;
    }
  }
  return read;
}

/** 64 MiB: seconds, and some 500 MB of memory. */
const READ_BYTES = 67_108_864;
const MOST_KEYS = 50;
const LONGEST_KEY = 80;

interface Variant {
  readonly unit: Unit;
  readonly score: ScoreChoice;
}

function pairAll(
  groups: Iterable<readonly CandidateReading[]>,
  { unit, score }: Variant,
  { builder, limits }: Pick<Request, 'builder' | 'limits'>,
) {
  const counters = noCounts();
  let tooMany = 0;
  for (const group of groups) {
    const scored = group.map(({ place, candidate }) => ({
      place: toPlace(place),
      candidate,
      score: pickScore(candidate, score),
    }));
    const rollouts = makeRollouts(scored, { unit, dropTruncated: builder.drop_truncated });
    const paired = pairExample({ exampleId: '', rollouts }, builder, limits);
    if ('rejected' in paired) tooMany += 1;
    else addCounts(counters, paired.counters);
  }
  const outcome = {
    pairs: counters.total_pairs,
    ties: counters.skipped_tie,
    identical: counters.skipped_identical,
    prompt_mismatches: counters.skipped_prompt_mismatch,
    single: counters.skipped_single_candidate,
    too_many_pairs: tooMany,
  };
  return { outcome, rejected: counters.rejected_candidates };
}

type CandidateReading = Extract<PlacedReading, { candidate: unknown }>;

const settingsOf = (variant: Variant, taken: { readonly unit: Unit; readonly score: ScoreChoice | null }): string[] => [
  ...(variant.score === taken.score ? [] : [`source.score=${String(variant.score)}`]),
  ...(variant.unit === taken.unit ? [] : [`builder.unit=${variant.unit}`]),
];

function noteScores({ scores, loss }: SourceCandidate, found: Map<string, number[]>): void {
  for (const [name, score] of Object.entries(scores)) {
    if (!found.has(name) && found.size >= MOST_KEYS) continue;
    const values = found.get(name) ?? [];
    found.set(name, values);
    if ('value' in score && !loss) values.push(score.value);
  }
}

const summarize = (name: string, values: readonly number[]): ScoreSummary => ({
  name,
  candidates: values.length,
  min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  mean: values.reduce((sum, value) => sum + value / values.length, 0),
});

const countSizes = (groups: Iterable<readonly unknown[]>): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(groups, ({ length }) => length)].map(([size, of]) => [size, of.length]));

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
