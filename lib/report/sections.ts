import { type SelectionResult, type TokenFacts, View } from '../contract/dataset-result.ts';
import type { Unit } from '../contract/unit.ts';
import { longerChosenRate } from '../datasets/balance.ts';
import { barChart } from './charts/bars.ts';
import { curriculumChart } from './charts/curriculum.ts';
import { lengthChart } from './charts/lengths.ts';
import { type Cell, figure, table } from './figure.ts';
import { average, count, counted, percent, score } from './figures.ts';
import type { Markup } from './html.ts';
import { html } from './html.ts';
import type { Bin, ReportInput, ReportSample } from './input.ts';
import { showsText } from './shows-text.ts';
import { MOST_TURNS } from './turn-sample.ts';

/** The charts of what is in the collection. Each says its finding in words first. */

export function marginFigure({ sample }: ReportInput): Markup {
  const bars = sample.margins.map((bin) => ({ value: bin.count, name: range(bin, score), edge: edgeOf(bin, score) }));
  return figure({
    title: 'Margins',
    says: 'Chosen score minus rejected score, over all pairs. A narrow margin is a weak preference.',
    draw: barChart({
      bars,
      xTitle: 'margin',
      yTitle: 'pairs',
      label: 'Histogram of margins',
      ...endOf(sample.margins, score),
    }),
    table: table('Pairs by margin', ['Margin', 'Pairs', 'Share'], binRows(sample.margins, sample.pairs, score), {
      numbers: [1, 2],
    }),
  });
}

export function pairsPerExampleFigure({ sample }: ReportInput): Markup {
  const bins = sample.pairs_per_example;
  const single = bins.every(({ from, to }) => to !== null && to - from === 1);
  const named = (bin: Bin) => (single ? count(bin.from) : range(bin, count, 1));
  const bars = bins.map((bin) => ({
    value: bin.count,
    name: `${named(bin)} pairs`,
    ...(single ? { middle: count(bin.from) } : { edge: edgeOf(bin, count) }),
  }));
  return figure({
    title: 'Pairs per example',
    says: `${average(sample.pairs, sample.groups)} on average over ${counted(sample.groups, 'example')}. Examples with many pairs weigh more in training.`,
    draw: barChart({
      bars,
      xTitle: 'pairs',
      yTitle: 'examples',
      label: 'Histogram of pairs per example',
      ...(single ? {} : endOf(bins, count)),
    }),
    table: table(
      'Examples by number of pairs',
      ['Pairs', 'Examples', 'Share'],
      bins
        .filter((bin) => bin.count > 0)
        .map((bin) => [named(bin), count(bin.count), percent(bin.count, sample.groups)]),
      { numbers: [1, 2] },
    ),
  });
}

export function lengthFigure({ sample }: ReportInput): Markup {
  const { chosen_longer, rejected_longer, equal, sample: points } = sample.lengths;
  const differ = chosen_longer + rejected_longer;
  const shown = points.length < sample.pairs ? ` The chart shows ${count(points.length)} of them, sampled.` : '';
  return figure({
    title: 'Length of chosen against rejected',
    says:
      differ === 0
        ? 'No two lengths differ, so length tells nothing about which answer was preferred.'
        : html`<span class="callout"><strong>${percent(chosen_longer, differ)}</strong> <span>of the time the longer answer wins</span></span> Of the ${counted(differ, 'pair')} whose lengths differ. Near 50% length is neutral; far above it, a model may learn to write more rather than better.${shown}`,
    draw: (width) => lengthChart(points, 'Scatter of chosen length against rejected length', width),
    table: table(
      'Pairs by length',
      ['Length', 'Pairs', 'Share'],
      [
        ['Chosen is longer', count(chosen_longer), percent(chosen_longer, sample.pairs)],
        ['Rejected is longer', count(rejected_longer), percent(rejected_longer, sample.pairs)],
        ['Same length', count(equal), percent(equal, sample.pairs)],
      ],
      { numbers: [1, 2] },
    ),
  });
}

/** Whether the longer answer wins: among the collected pairs, and among those that training and validation are made of. */
export function lengthTable({ sample, selections, tokens, formats }: ReportInput): Markup {
  const views = View.options.filter((view) => selections[view]);
  const rows = views.flatMap((view, at) => {
    const selection = selections[view];
    if (!selection) return [];
    const { collected_pairs, collected_length, training, validation, balance } = selection;
    const of = Object.entries(formats).filter(([, written]) => written.view === view);
    const name = views.length > 1 ? ` (${of.map(([format]) => format).join(', ')})` : '';
    return [
      ...(at === 0 ? [lengthRow('collected, in characters', collected_pairs, collected_length)] : []),
      lengthRow(`training and validation${name}, in characters`, training.pairs + validation.pairs, balance.length),
    ];
  });
  const { chosen_longer, rejected_longer, chosen_mean, rejected_mean } = sample.lengths;
  const lookedAt = {
    ...{ mean_chosen: chosen_mean, mean_rejected: rejected_mean },
    longer_chosen_rate: longerChosenRate(chosen_longer, rejected_longer),
  };
  return html`<div><h3>Length before and after choosing</h3>${table(
    'Lengths of chosen and rejected answers',
    ['Pairs', 'Number', 'Chosen', 'Rejected', 'Chosen is longer'],
    [
      ...(rows.length === 0 ? [lengthRow('looked at, in characters', sample.pairs, lookedAt)] : rows),
      ...(tokens && tokens.pairs > 0 ? [tokenRow(tokens)] : []),
    ],
    { numbers: [1, 2, 3, 4] },
  )}<p class="verdict">Mean lengths of the answers; and of the pairs whose lengths differ, the share whose longer answer is chosen.</p></div>`;
}

type Lengths = Readonly<Record<keyof NonNullable<SelectionResult['collected_length']>, number | null>>;

function lengthRow(what: string, pairs: number, length: Lengths | null): readonly Cell[] {
  const { mean_chosen = null, mean_rejected = null, longer_chosen_rate: rate = null } = length ?? {};
  const means = [mean_chosen, mean_rejected].map((mean) => (mean === null ? '–' : score(mean)));
  return [what, count(pairs), ...means, rate === null ? '–' : percent(rate, 1)];
}

const tokenRow = ({ pairs, chosen_sum, rejected_sum, chosen_longer, rejected_longer }: TokenFacts): readonly Cell[] =>
  lengthRow('collected, in tokens with the prompt', pairs, {
    ...{ mean_chosen: chosen_sum / pairs, mean_rejected: rejected_sum / pairs },
    longer_chosen_rate: longerChosenRate(chosen_longer, rejected_longer),
  });

/** Margins and scores of each trace object. */
export function sourceTable({ sample, inputs }: ReportInput): Markup {
  const more =
    inputs.length > sample.sources.length
      ? ` ${count(sample.sources.length)} of ${count(inputs.length)}, sampled.`
      : '';
  return html`<div class="whole"><h3>By source</h3>${table(
    'Margins and scores by trace file',
    ['File', 'Pairs', 'Mean margin', 'Least', 'Greatest', 'Chosen score', 'Rejected score'],
    sample.sources.map(({ key, pairs, ...values }) => [
      html`<bdi>${key}</bdi>`,
      count(pairs),
      ...[values.mean_margin, values.least_margin, values.greatest_margin].map(score),
      ...[values.mean_chosen, values.mean_rejected].map(score),
    ]),
    { numbers: [1, 2, 3, 4, 5, 6] },
  )}<p class="verdict">Scores are means over the pairs.${more}</p></div>`;
}

/** Pairs by the turn's place in its example, and what a turn is. */
export function turnTable({ sample, unit }: ReportInput): Markup {
  const last = sample.turns.length === MOST_TURNS;
  return html`<div><h3>By turn</h3>${unit !== null && html`<p class="quiet">The unit is <code>${unit}</code>: ${UNITS[unit]}.</p>`}${table(
    'Pairs by turn',
    ['Turn', 'Pairs', 'Share', 'Mean margin', 'Chosen is longer'],
    sample.turns.map(({ turn, pairs, mean_margin, chosen_longer, rejected_longer }) => [
      last && turn === MOST_TURNS ? `${turn} and later` : count(turn),
      count(pairs),
      percent(pairs, sample.pairs),
      score(mean_margin),
      percent(chosen_longer, chosen_longer + rejected_longer),
    ]),
    { numbers: [0, 1, 2, 3, 4] },
  )}<p class="verdict">Turns without a pair are not counted.</p></div>`;
}

const UNITS: Readonly<Record<Unit, string>> = {
  turn: 'a pair is two answers to one prompt',
  final: 'a pair is the last answers of two conversations',
  divergence: 'a pair is the first messages in which conversations differ',
  trajectory: 'a pair is two conversations from the prompt on',
};

export function curriculumFigure({ sample, request }: ReportInput): Markup {
  const named = (example: ReportSample['curriculum'][number], rank: number) => ({
    ...example,
    example_id: `example ${rank + 1}`,
  });
  const curriculum = showsText(request) ? sample.curriculum : sample.curriculum.map(named);
  const sampled =
    curriculum.length < sample.groups
      ? ` ${count(curriculum.length)} of ${count(sample.groups)} examples, sampled.`
      : '';
  const reward = request.builder.reward_from_score_diff ? 'the margin' : 'the chosen score';
  return figure({
    title: 'Reward by example, in curriculum order',
    says: `Mean reward (${reward}) of each example, highest first, between its least and greatest.${sampled}`,
    draw: (width) => curriculumChart(curriculum, 'Mean reward of each example, highest first', width),
    table: table(
      'Examples by mean reward',
      ['Example', 'Pairs', 'Mean reward', 'Least', 'Greatest', 'Mean margin', 'Chosen score', 'Rejected score'],
      curriculum.map(({ example_id, pairs, ...values }) => [
        html`<bdi>${example_id}</bdi>`,
        count(pairs),
        ...[values.mean, values.least, values.greatest].map(score),
        ...[values.mean_margin, values.mean_chosen, values.mean_rejected].map(score),
      ]),
      { numbers: [1, 2, 3, 4, 5, 6, 7] },
    ),
  });
}

export function turnFigure({ sample, totals }: ReportInput): Markup {
  const sizes = spread(sample.turns_by_candidates);
  const met = sample.turns_by_candidates.reduce((sum, { turns }) => sum + turns, 0);
  const without = Math.max(0, totals.total_turns - met);
  return figure({
    title: 'Turns by number of candidates',
    says: `Candidates in at least one pair, by turn. ${counted(without, 'turn')} of ${count(totals.total_turns)} gave no pair.`,
    draw: barChart({
      bars: sizes.map(({ candidates, turns }) => ({
        value: turns,
        name: `${count(candidates)} candidates`,
        middle: count(candidates),
      })),
      xTitle: 'candidates',
      yTitle: 'turns',
      label: 'Turns by number of candidates in pairs',
    }),
    table: table(
      'Turns by number of candidates in pairs',
      ['Candidates', 'Turns'],
      [
        ...sample.turns_by_candidates.map(({ candidates, turns }) => [count(candidates), count(turns)]),
        ['without a pair', count(without)],
      ],
      { numbers: [1] },
    ),
  });
}

/** Numbers of candidates in a row, the ones no turn has included, as long as a chart has room for them. */
function spread(sizes: ReportSample['turns_by_candidates']): ReportSample['turns_by_candidates'] {
  const most = sizes.at(-1)?.candidates ?? 0;
  if (most > 40) return sizes;
  const turnsOf = new Map(sizes.map(({ candidates, turns }) => [candidates, turns]));
  return Array.from({ length: Math.max(0, most - 1) }, (_, index) => ({
    candidates: index + 2,
    turns: turnsOf.get(index + 2) ?? 0,
  }));
}

const range = ({ from, to }: Bin, written: (value: number) => string, unit = 0): string =>
  to === null ? `${written(from)} and more` : `${written(from)} to ${written(to - unit)}`;

const edgeOf = ({ from, to }: Bin, written: (value: number) => string): string =>
  to === null ? `${written(from)}+` : written(from);

function endOf(bins: readonly Bin[], written: (value: number) => string): { end?: string } {
  const to = bins.at(-1)?.to;
  return to === undefined || to === null ? {} : { end: written(to) };
}

const binRows = (bins: readonly Bin[], total: number, written: (value: number) => string) =>
  bins.filter((bin) => bin.count > 0).map((bin) => [range(bin, written), count(bin.count), percent(bin.count, total)]);
