import type { Markup } from '../html.ts';
import { html } from '../html.ts';

export type Tick = { readonly at: number; readonly label: string };

/** Where a chart's marks stand, in SVG user units, which are CSS pixels at the width it is drawn for. */
export const plot = (width: number, height: number) => ({
  width,
  height,
  left: 48,
  right: width - 12,
  top: 14,
  bottom: height - 40,
});

/** Axes, grid and titles around `marks`. The picture is one image to assistive technology; its table says the rest. */
export function framed(
  area: ReturnType<typeof plot>,
  axes: { x: readonly Tick[]; y: readonly Tick[]; xTitle: string; yTitle: string },
  label: string,
  marks: Markup,
): Markup {
  const { width, height, left, right, bottom } = area;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${axes.y.map(({ at, label: text }) => html`<path class="grid" d="M${left} ${px(at)}H${right}"/><text class="tick" x="${left - 8}" y="${px(at + 4)}" text-anchor="end">${text}</text>`)}
${axes.x.map(({ at, label: text }) => html`<text class="tick" x="${px(at)}" y="${bottom + 17}" text-anchor="middle">${text}</text>`)}
<path class="axis" d="M${left} ${bottom}H${right}"/>
${marks}
<text class="axis-title" x="${right}" y="${height - 5}" text-anchor="end">${axes.xTitle}</text>
<text class="axis-title" x="2" y="9">${axes.yTitle}</text>
</svg>`;
}

/** A coordinate to a hundredth of a pixel: what can be seen, in few bytes. */
export const px = (value: number): number => Math.round(value * 100) / 100;

/** As many of `ticks` as stand `apart` pixels from each other, the first always. */
export function spaced(ticks: readonly Tick[], apart: number): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    if (before === undefined || Math.abs(tick.at - before.at) >= apart) kept.push(tick);
  }
  return kept;
}
