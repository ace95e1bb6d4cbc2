import { max } from 'd3-array';
import { scaleLinear, scaleSqrt, scaleSymlog } from 'd3-scale';
import { count } from '../figures.ts';
import type { Markup } from '../html.ts';
import { html } from '../html.ts';
import type { ReportSample } from '../input.ts';
import { framed, plot, px, spaced } from './frame.ts';

/** Chosen against rejected length: a dot for each two lengths, its area the number of pairs that have them. */
export function lengthChart(sample: ReportSample['lengths']['sample'], label: string, width: number): Markup {
  const area = plot(width, Math.min(width, 380));
  const longest = max(sample, ({ chosen, rejected }) => Math.max(chosen, rejected)) || 1;
  const least = Math.min(...sample.map(({ chosen, rejected }) => Math.min(chosen, rejected)));
  // Lengths that span three decades would crowd in a corner of a linear scale.
  const wide = longest > 1000 && least < longest / 200;
  const scale = (wide ? scaleSymlog().constant(10) : scaleLinear()).domain([0, longest * 1.05]);
  const x = scale.copy().range([area.left, area.right - 6]);
  const y = scale.copy().range([area.bottom, area.top + 8]);
  const dots = stacked(sample);
  const radius = scaleSqrt([1, Math.max(2, dots[0]?.pairs ?? 1)], [2.6, 9]);
  const values = wide
    ? [0, 10, 100, 1000, 10_000, 100_000, 1e6, 1e7].filter((value) => value <= longest)
    : scale.ticks(5);
  const ticks = values.map((value) => ({ value, label: count(value) })).filter(({ value }) => Number.isInteger(value));
  const corner = longest * 1.05;
  return framed(
    area,
    {
      x: spaced(
        ticks.map(({ value, label: text }) => ({ at: x(value), label: text })),
        40,
      ),
      y: spaced(
        ticks.map(({ value, label: text }) => ({ at: y(value), label: text })),
        16,
      ),
      xTitle: `rejected, characters${wide ? ' (log scale)' : ''}`,
      yTitle: 'chosen, characters',
    },
    label,
    html`<path class="longer" d="M${px(x(0))} ${px(y(0))}L${px(x(corner))} ${px(y(corner))}H${px(x(0))}z"/><path class="diagonal" d="M${px(x(0))} ${px(y(0))}L${px(x(corner))} ${px(y(corner))}"/>
<text class="note" x="${px(x(0) + 10)}" y="${px(y(corner) + 18)}">chosen is longer</text><text class="note" x="${px(x(corner) - 4)}" y="${px(y(0) - 10)}" text-anchor="end">rejected is longer</text>
${dots.map(({ chosen, rejected, pairs }) => html`<circle class="dot" cx="${px(x(rejected))}" cy="${px(y(chosen))}" r="${px(radius(pairs))}"/>`)}`,
  );
}

function stacked(sample: ReportSample['lengths']['sample']) {
  const dots = new Map<string, { chosen: number; rejected: number; pairs: number }>();
  for (const { chosen, rejected } of sample) {
    const name = `${chosen} ${rejected}`;
    const dot = dots.get(name) ?? { chosen, rejected, pairs: 0 };
    dots.set(name, dot);
    dot.pairs += 1;
  }
  return [...dots.values()].sort((a, b) => b.pairs - a.pairs || a.chosen - b.chosen || a.rejected - b.rejected);
}
