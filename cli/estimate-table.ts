import type {
  Estimate,
  EstimatedRange,
  LimitShare,
  TracesEstimate,
  WorkflowEstimate,
} from '../lib/contract/estimate.ts';
import { ASSUMED } from '../lib/estimate/rates.ts';
import { PRICES, priceOf } from './aws/prices.ts';
import { aligned, page, section } from './table.ts';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, grouped, timeInWords } from './wording.ts';

/** What a run would come to, as a person reads it, and what that rests on. */
export function estimateTable(runId: string, estimate: Estimate): string {
  const { facts, notes, warnings } = estimate.kind === 'traces' ? ofTraces(estimate) : ofWorkflow(estimate);
  return page([
    [oneLine(`An estimate of run ${runId}. Nothing was started, uploaded or written.`)],
    aligned(facts).map(oneLine),
    section('Warnings', warnings),
    section('What the estimate rests on', notes),
  ]);
}

interface EstimateText {
  readonly facts: readonly (readonly string[])[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

function ofTraces(found: TracesEstimate): EstimateText {
  const { inputs, input_bytes, sample, shards, grouping_tasks, upload_parts, limits } = found;
  const [nearest] = limits;
  return {
    facts: [
      ['inputs', `${counted(inputs, 'object')}, ${bytesInWords(input_bytes)}`],
      ['shards', grouped(shards)],
      ...(grouping_tasks > 0 ? [['grouping', counted(grouping_tasks, 'task')]] : []),
      ['candidates', rangeInWords(found.candidates, grouped)],
      ['pairs', rangeInWords(found.pairs, grouped)],
      ['collection', `${rangeInWords(found.collection_bytes, bytesInWords)}, in ${counted(upload_parts, 'part')}`],
      ['Choose holds', rangeInWords(found.choose_bytes, bytesInWords)],
      ['nearest limit', nearest ? nearestInWords(nearest) : 'none'],
      ['time', `about ${timeInWords(found.seconds.all)}${statesInWords(found)}`],
      ['cost', dollarsInWords(dollarsOf(found))],
    ],
    warnings: found.warnings,
    notes: [
      sampleInWords(sample, input_bytes, found.pairs),
      `Time: the benchmark's rates on one core, ${bytesInWords(ASSUMED.networkBytes)}/s between a function and S3, and the upper ends of the ranges. Nothing was timed on AWS.`,
      `Cost: US dollars in ${PRICES.region}, ${PRICES.date}, without logs, cold starts and what files cost that are kept.`,
      "Limits: a stack with the default ceilings and chooseMemory. On AWS the run's estimate.json has the stack's own.",
    ],
  };
}

const ofWorkflow = ({ examples, requests, batches, most_seconds }: WorkflowEstimate): EstimateText => ({
  facts: [
    ['examples', `${grouped(examples)}, in ${counted(batches, 'batch', 'batches')}`],
    ['requests', rangeInWords(requests, grouped)],
    ['time', `at most ${timeInWords(most_seconds)} until the last answer`],
  ],
  warnings: [],
  notes: [
    'Requests: one for each example and repetition; at most with every retry.',
    'Shards, pairs and cost: not known before the workflow has answered.',
  ],
});

function rangeInWords({ least, most }: EstimatedRange, words: (count: number) => string): string {
  if (most === null) return `at least ${words(least)}`;
  return words(least) === words(most) ? words(most) : `${words(least)} to ${words(most)}`;
}

function sampleInWords(
  { records, bytes, whole }: TracesEstimate['sample'],
  all: number,
  pairs: EstimatedRange,
): string {
  if (whole) return `Pairs: all ${counted(records, 'record')} were read.`;
  if (records === 0) return 'Pairs: no sample shows them, because records are joined from anywhere in the traces.';
  const read = `Pairs: ${counted(records, 'record')} were read, ${bytesInWords(bytes)} of ${bytesInWords(all)}.`;
  return pairs.most === null
    ? `${read} Candidates of a group may lie apart, so there may be more.`
    : `${read} The range is as if all were like the poorest part of them, or the richest.`;
}

/** Of a run that is over at once, its states say nothing. */
function statesInWords({ seconds: { all, group, build, choose, write, finalize } }: TracesEstimate): string {
  const states = Object.entries({
    ...{ GroupCandidates: group, BuildShards: build, Choose: choose, WriteDatasets: write, Finalize: finalize },
  }).filter(([, seconds]) => seconds > 0);
  return all < 10 ? '' : ` (${states.map(([state, seconds]) => `${state} ${timeInWords(seconds)}`).join(', ')})`;
}

const nearestInWords = ({ limit, share, fix }: LimitShare): string =>
  `${limit}: ${shareInWords(share)}${share < NEAR ? '' : `. What helps: ${fix}`}`;

/** From there on a person may want to know what helps. */
const NEAR = 0.1;

const shareInWords = (share: number): string => (share < 0.01 ? 'under 1 %' : `${Math.round(100 * share)} %`);

const dollarsOf = ({ usage: { gib_seconds, state_transitions, reads, writes } }: TracesEstimate): number =>
  priceOf({ gibSeconds: gib_seconds, stateTransitions: state_transitions, reads, writes });

const dollarsInWords = (dollars: number): string => (dollars < 0.01 ? 'under $0.01' : `about $${dollars.toFixed(2)}`);
