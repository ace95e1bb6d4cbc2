import { sumOfReasons } from '../contract/counters.ts';
import { describeIncomplete, type IncompleteObject } from '../contract/incomplete-object.ts';
import { NO_CANDIDATES } from '../sources/formats/nat/no-candidates.ts';
import type { Inspection } from './inspection.ts';

/** What a run over these traces would stumble on, a sentence or two each: what was found, then the way out. */
export function warningsOf(found: Inspection, stepName: string): readonly string[] {
  return [
    ...warnOfIncomplete(found.incomplete),
    ...[noCandidates, unreadable, lost, singles, severalPrompts, sameScores, sameAnswers, repeated].flatMap(
      (look) => look(found, stepName) ?? [],
    ),
  ];
}

/** A run fails at the first of them. */
export const warnOfIncomplete = (found: readonly IncompleteObject[]): readonly string[] =>
  found.map(
    (object) =>
      `${describeIncomplete(object)} A run fails: give the whole file, or set limits.allow_incomplete to true to use what can be read.`,
  );

type Look = (found: Inspection, stepName: string) => string | undefined;

const noCandidates: Look = ({ candidates, rejected_candidates, ttc_names, ...found }, stepName) => {
  if (candidates > 0 || sumOfReasons(rejected_candidates) > 0) return undefined;
  if (found.items === 0) return 'These files hold no trace item.';
  const names = Object.keys(ttc_names);
  if (names.length > 0) {
    return `No TTC_END step is named ${JSON.stringify(stepName)}; the names found are ${quoted(names)}. Give the one you mean: --set builder.ttc_step_name=${JSON.stringify(names[0])} (here: --step-name).`;
  }
  if (sumOfReasons(found.rejected_items) === found.items) return undefined;
  if (found.items_in_atif > 0) return NO_CANDIDATES.atif;
  const [renamed, keys] = [Object.keys(found.step_keys), Object.keys(found.other_keys)];
  if (renamed.length > 0) return NO_CANDIDATES.renamed(quoted(renamed));
  if (keys.length > 0) return NO_CANDIDATES.missing(quoted(keys));
  const types = Object.keys(found.steps);
  return types.length === 0 ? NO_CANDIDATES.noSteps : NO_CANDIDATES.otherSteps(quoted(types));
};

const unreadable: Look = ({ items, rejected_items, first_rejected }) => {
  const count = sumOfReasons(rejected_items);
  if (count === 0) return undefined;
  const share = count / items;
  return `${count} of ${items} items cannot be read (${listed(rejected_items)}); the first: ${first_rejected}. ${
    share > 0.1
      ? 'A run fails if more than a tenth cannot be read: fix the file, or raise limits.max_rejected_fraction.'
      : 'A run lists each in rejected.jsonl, with its byte, and continues.'
  }`;
};

const lost: Look = ({ rejected_candidates }) => {
  const count = sumOfReasons(rejected_candidates);
  return count === 0
    ? undefined
    : `${count} candidates would be left out (${listed(rejected_candidates)}). Each is listed in rejected.jsonl; where a score is missing, look at the agent's scoring.`;
};

const singles: Look = ({ turns, turns_by_candidates }) => {
  const alone = turns_by_candidates['1'] ?? 0;
  return alone * 10 <= turns || turns === 0
    ? undefined
    : `${alone} of ${turns} turns have only one candidate, so nothing to compare it with. Let the agent propose more candidates per turn, or check that candidates of one turn share their turn_id.`;
};

const severalPrompts: Look = ({ turns_with_several_prompts: mixed, turns }) =>
  mixed === 0
    ? undefined
    : `${mixed} of ${turns} turns have candidates with different prompts. "strict" pairs only answers to the same prompt; builder.compatibility=nat pairs them all and keeps the chosen one's prompt.`;

const sameScores: Look = ({ settings: [defaults] }) => {
  if (!defaults || defaults.ties === 0 || defaults.ties < defaults.pairs / 4) return undefined;
  return `${defaults.ties} pairs are ties, against ${defaults.pairs} that are not. Such coarse scores teach little. A finer scorer makes more pairs of the same answers.`;
};

const sameAnswers: Look = ({ settings: [defaults] }) => {
  if (!defaults || defaults.identical === 0 || defaults.identical < defaults.pairs / 4) return undefined;
  return `${defaults.identical} pairs have the same answer on both sides, against ${defaults.pairs} with different answers. Sample the candidates at a higher temperature.`;
};

const repeated: Look = ({ repeated_ids }) =>
  repeated_ids === 0
    ? undefined
    : `${repeated_ids} items have an id that an earlier item of the file has. "strict" keeps each as a rollout of its own; builder.compatibility=nat keeps the last only, as NAT does. Candidate lines of one example belong on consecutive lines.`;

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

const listed = (reasons: Readonly<Record<string, number>>): string =>
  Object.entries(reasons)
    .map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`)
    .join(', ');
