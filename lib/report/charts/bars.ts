import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { count } from '../figures.ts';
import type { Markup } from '../html.ts';
import { html } from '../html.ts';
import { framed, plot, px, spaced, type Tick } from './frame.ts';

/** A bar: its value, what it is, and the label under its middle or (`edge`) under its left side. */
export type Bar = { readonly value: number; readonly name: string; readonly middle?: string; readonly edge?: string };

export type Bars = {
  readonly bars: readonly Bar[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly label: string;
  readonly written?: (value: number) => string;
  /** The label at the right side of the last bar. */
  readonly end?: string;
};

export const barChart =
  ({ bars, xTitle, yTitle, label, written = count, end }: Bars) =>
  (width: number): Markup => {
    const area = plot(width, 240);
    const whole = written === count;
    const y = scaleLinear([0, max(bars, ({ value }) => value) || 1], [area.bottom, area.top + 10]).nice(4);
    const step = (area.right - area.left) / Math.max(bars.length, 1);
    // A few bars stay bars: they do not become blocks.
    const gap = bars.length > 60 ? 0 : Math.max(1, step > 64 ? step - 56 : step * 0.08);
    const marks = bars.map((bar, index) => {
      const x = area.left + index * step + gap / 2;
      const top = bar.value > 0 ? Math.min(y(bar.value), area.bottom - 1.5) : area.bottom;
      return html`<path class="bar" d="M${px(x)} ${area.bottom}V${px(top)}h${px(step - gap)}V${area.bottom}z"><title>${bar.name}: ${written(bar.value)}</title></path>`;
    });
    const labels: Tick[] = [
      ...bars.flatMap(({ middle, edge }, index) => [
        ...(edge === undefined ? [] : [{ at: area.left + index * step, label: edge }]),
        ...(middle === undefined ? [] : [{ at: area.left + (index + 0.5) * step, label: middle }]),
      ]),
      ...(end === undefined ? [] : [{ at: area.right, label: end }]),
    ];
    const ticks = y.ticks(4).filter((value) => !whole || Number.isInteger(value));
    return framed(
      area,
      { x: spaced(labels, 46), y: ticks.map((value) => ({ at: y(value), label: written(value) })), xTitle, yTitle },
      label,
      html`${marks}`,
    );
  };
