import { type Counters, sumOfReasons } from '../contract/counters.ts';
import { describeIncomplete, type IncompleteObject, noteIncomplete } from '../contract/incomplete-object.ts';
import { allowsEmpty, type Request } from '../contract/request.ts';
import type { RunSource } from '../contract/run-source.ts';
import { IncompleteInput, NoCandidates, NoPairs, TooManyRejected } from '../errors.ts';
import { objectKeyOf } from '../preferences/candidate-place.ts';
import { addDiagnosis, countNames, likelyCause, noDiagnosis, type SayNames } from './build-shard/diagnosis.ts';
import { type BuiltShard, sumCounters } from './summaries.ts';
import { warnOfPassedOver } from './warn-of-passed-over.ts';

/** All tasks of a run that read its source, those that grouped candidates included. */
export interface JudgedRun {
  readonly request: Request;
  /** Undefined where the traces are NAT's, or adjacent candidate lines. */
  readonly source: RunSource | undefined;
  readonly built: readonly BuiltShard[];
}

/**
 * Refuses a run that nobody should train on; what is odd but no failure is returned as warnings. `evidence` is where the
 * losses are. Throws {@link TooManyRejected}; unless the request allows incomplete inputs {@link IncompleteInput}; and
 * unless it allows an empty run {@link NoCandidates} and {@link NoPairs}.
 */
export function requireGoodRun(run: JudgedRun, evidence: string): string[] {
  const { request, source, built } = run;
  const totals = sumCounters(built);
  const incomplete = findIncomplete(built);
  requireComplete(incomplete, request);
  requireReadable(run, totals, evidence);
  const warnings = [
    ...incomplete.map(describeIncomplete),
    ...built.flatMap(({ summary }) => summary.warnings),
    ...warnOfUnusedKeys(built),
    ...(source ? warnOfPassedOver(source) : []),
  ];
  const allowed = allowsEmpty(request);
  if (totals.total_candidates === 0) {
    const why = whyNoCandidates(run, totals, evidence);
    if (!allowed) throw new NoCandidates(why, { inLogs: whyNoCandidates(run, totals, evidence, countNames) });
    warnings.push(why);
  } else if (totals.total_pairs === 0) {
    const why = whyNoPairs(run, totals);
    if (!allowed) throw new NoPairs(`${why} To commit such a run anyway, set limits.allow_empty to true.`);
    warnings.push(why);
  } else if (totals.skipped_single_candidate * 2 > totals.total_turns) {
    warnings.push(warnOfSingles(run, totals));
  }
  return warnings;
}

function findIncomplete(built: readonly BuiltShard[]): readonly IncompleteObject[] {
  const found: IncompleteObject[] = [];
  for (const { summary } of built) for (const object of summary.incomplete) noteIncomplete(found, object);
  return found;
}

/**
 * No fraction of items measures what is missing: nobody knows how much that is. In logs an archive's entries, whose names
 * are the input's own, are left out. Throws {@link IncompleteInput} unless the
 * limits allow it.
 */
export function requireComplete(
  [first, ...others]: readonly IncompleteObject[],
  { limits }: Pick<Request, 'limits'>,
): void {
  if (!first || limits.allow_incomplete) return;
  const message = (name: (key: string) => string) => {
    const also = others.length === 0 ? '' : ` Also incomplete: ${others.map(({ key }) => name(key)).join(', ')}.`;
    const described = describeIncomplete({ ...first, key: name(first.key) });
    return `${described}${also} Give the whole file, or set limits.allow_incomplete to true to use what can be read.`;
  };
  throw new IncompleteInput(
    message((key) => key),
    { inLogs: message(objectKeyOf) },
  );
}

function requireReadable({ request, source, built }: JudgedRun, totals: Counters, evidence: string): void {
  // NAT drops the earlier items of an id on purpose: they were readable.
  const { replaced_by_later_item: _, ...unreadable } = totals.rejected_items;
  const lost = sumOfReasons(unreadable);
  const { max_rejected_fraction: most } = request.limits;
  // A record of many spans or samples may hold many that are lost.
  const inParts = lost > totals.total_items;
  const all = inParts ? lost + totals.total_candidates + sumOfReasons(totals.rejected_candidates) : totals.total_items;
  if (totals.total_items === 0 || lost / all <= most) return;
  const [what, fix] =
    'workflow' in request.source
      ? ['examples have no answer', 'fix the workflow and ask it again under another run id']
      : [`${source ? RECORDS[inParts ? 'parts' : 'whole'] : 'trace items'} could not be read`, 'fix the traces'];
  const [first] = built.flatMap(({ summary }) => summary.first_rejected);
  const at = first?.row === undefined ? `byte ${first?.offset}` : `row ${first.row}`;
  const message = (key = '') =>
    `${lost} of ${all} ${what}, more than limits.max_rejected_fraction (${most}) allows.` +
    `${first ? ` The first is ${key} at ${at}: ${first.reason}.` : ''} All are listed in ${evidence}; ${fix}, or raise the limit.`;
  throw new TooManyRejected(message(first?.key), { inLogs: message(first && objectKeyOf(first.key)) });
}

const RECORDS = { whole: 'records', parts: 'parts of records' } as const;

function whyNoCandidates(
  { request, source, built }: JudgedRun,
  totals: Counters,
  evidence: string,
  sayNames?: SayNames,
): string {
  const stepName = request.builder.ttc_step_name;
  const empty = built.flatMap(({ summary }) => summary.warnings);
  if (totals.total_items === 0) return ['The traces hold no trace item.', ...empty].join(' ');
  const reasons = Object.entries(totals.rejected_candidates).map(([reason, lost]) => `${lost} ${reason}`);
  if (source) {
    const lost = Object.entries(totals.rejected_items).map(([reason, count]) => `${count} ${reason}`);
    const records = totals.total_items === 1 ? 'the one record' : `${totals.total_items} records`;
    const why = [...reasons, ...lost];
    return why.length === 0
      ? `No candidate in ${records} of ${nameFormat(source)}: they hold no answer.`
      : `No candidate in ${records} of ${nameFormat(source)}: all answers were refused (${why.join(', ')}). ${evidence} says why for each.`;
  }
  if (totals.matching_steps > 0) {
    return `All ${totals.matching_steps} steps named ${JSON.stringify(stepName)} were refused (${reasons.join(', ')}). ${evidence} says why for each.`;
  }
  const diagnosis = noDiagnosis();
  for (const { summary } of built) addDiagnosis(diagnosis, summary.diagnosis);
  const items = totals.total_items === 1 ? 'the one trace item' : `${totals.total_items} trace items`;
  return `No candidate in ${items}: no TTC_END step is named ${JSON.stringify(stepName)}. ${likelyCause(diagnosis, stepName, sayNames)}`;
}

/** What keeps the candidates from being pairs, the most frequent first. */
function whyNoPairs({ source, request }: JudgedRun, totals: Counters): string {
  const { total_turns: turns, total_candidates: candidates } = totals;
  const found: readonly (readonly [number, string])[] = [
    [totals.skipped_tie, 'have equal scores'],
    [totals.skipped_identical, 'have the same answer on both sides'],
    [totals.skipped_prompt_mismatch, 'answer different prompts'],
    [totals.skipped_score_diff, `have scores closer than builder.min_score_diff (${request.builder.min_score_diff})`],
  ];
  const skipped = found.filter(([count]) => count > 0).toSorted(([a], [b]) => b - a);
  if (skipped.length > 0) {
    const what = skipped.map(([count, why]) => `${count} ${why}`).join(', ');
    return `No preference pair: of ${totals.possible_pairs} possible pairs ${what}.`;
  }
  return `No preference pair: ${candidates} candidates are in ${turns} turns, and each turn has one candidate at most. ${howGrouped(source)}`;
}

const warnOfSingles = ({ source }: JudgedRun, totals: Counters): string =>
  `${totals.skipped_single_candidate} of ${totals.total_turns} turns have only one candidate, so nothing to compare it with. ${howGrouped(source)}`;

const howGrouped = (source: RunSource | undefined): string =>
  source
    ? 'Candidates compete if they share the group of their source, or by default the prompt. Name what they share with source.format.group.'
    : 'Candidates compete if they share their item and turn_id.';

const nameFormat = ({ format }: RunSource): string => (typeof format === 'string' ? format : 'the field map');

function warnOfUnusedKeys(built: readonly BuiltShard[]): string[] {
  const unused = new Map<string, number>();
  for (const { key, records } of built.flatMap(({ summary }) => summary.unused_keys)) {
    unused.set(key, (unused.get(key) ?? 0) + records);
  }
  if (unused.size === 0) return [];
  const keys = [...unused].map(([key, records]) => `${key === '' ? 'a column without a name' : key} (${records})`);
  return [`Keys of the records that are not used, with the number of records that have them: ${keys.join(', ')}.`];
}
