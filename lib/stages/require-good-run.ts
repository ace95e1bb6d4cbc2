import { type Counters, sumOfReasons } from '../contract/counters.ts';
import type { Request } from '../contract/request.ts';
import { NoCandidates, TooManyRejected } from '../errors.ts';
import { addDiagnosis, likelyCause, noDiagnosis } from './build-shard/diagnosis.ts';
import { type BuiltShard, sumCounters } from './summaries.ts';

/**
 * Refuses a run that nobody should train on; what is odd but no failure is returned as warnings.
 * Throws {@link TooManyRejected} and, in `strict`, {@link NoCandidates}.
 */
export function requireGoodRun(request: Request, built: readonly BuiltShard[], evidence: string): string[] {
  const totals = sumCounters(built);
  requireReadable(request, built, totals, evidence);
  const warnings = built.flatMap(({ summary }) => summary.warnings);
  if (totals.total_candidates === 0) {
    const why = whyNoCandidates(request, built, totals, evidence);
    if (request.builder.compatibility === 'strict') throw new NoCandidates(why);
    warnings.push(why);
  } else if (totals.total_pairs === 0) {
    warnings.push('No turn gave a preference pair: the collection is empty. The counters say why.');
  }
  return warnings;
}

function requireReadable(request: Request, built: readonly BuiltShard[], totals: Counters, evidence: string): void {
  // NAT drops the earlier items of an id on purpose: they were readable.
  const { replaced_by_later_item: _, ...unreadable } = totals.rejected_items;
  const lost = sumOfReasons(unreadable);
  const { max_rejected_fraction: most } = request.limits;
  if (totals.total_items === 0 || lost / totals.total_items <= most) return;
  const [what, fix] =
    'workflow' in request.source
      ? ['examples have no answer', 'fix the workflow and ask it again under another run id']
      : ['trace items could not be read', 'fix the traces'];
  const [first] = built.flatMap(({ summary }) => summary.first_rejected);
  const where = first
    ? ` The first is ${first.key} at ${first.row === undefined ? `byte ${first.offset}` : `row ${first.row}`}: ${first.reason}.`
    : '';
  throw new TooManyRejected(
    `${lost} of ${totals.total_items} ${what}, more than limits.max_rejected_fraction (${most}) allows.` +
      `${where} All are listed in ${evidence}; ${fix}, or raise the limit.`,
  );
}

function whyNoCandidates(request: Request, built: readonly BuiltShard[], totals: Counters, evidence: string): string {
  const stepName = request.builder.ttc_step_name;
  const empty = built.flatMap(({ summary }) => summary.warnings);
  if (totals.total_items === 0) return ['The traces hold no trace item.', ...empty].join(' ');
  if (totals.matching_steps > 0) {
    const reasons = Object.entries(totals.rejected_candidates).map(([reason, lost]) => `${lost} ${reason}`);
    return `All ${totals.matching_steps} steps named ${JSON.stringify(stepName)} were refused (${reasons.join(', ')}). ${evidence} says why for each.`;
  }
  const diagnosis = noDiagnosis();
  for (const { summary } of built) addDiagnosis(diagnosis, summary.diagnosis);
  const items = totals.total_items === 1 ? 'the one trace item' : `${totals.total_items} trace items`;
  return `No candidate in ${items}: no TTC_END step is named ${JSON.stringify(stepName)}. ${likelyCause(diagnosis, stepName)}`;
}
