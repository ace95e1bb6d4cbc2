import { scaleLinear } from 'd3-scale';
import { area as areaShape, line as lineShape } from 'd3-shape';
import { count, score } from '../figures.ts';
import type { Markup } from '../html.ts';
import { html } from '../html.ts';
import type { ReportSample } from '../input.ts';
import { framed, plot, px, spaced } from './frame.ts';

type Example = ReportSample['curriculum'][number];

/** More examples than this are drawn as a line in a band, fewer as a dot on a whisker each. */
const MOST_WHISKERS = 40;

/** Mean reward of each example with its least and greatest, in the order given. */
export function curriculumChart(examples: readonly Example[], label: string, width: number): Markup {
  const area = plot(width, Math.min(width, 380));
  const least = drawn(Math.min(0, ...examples.map((example) => example.least)));
  const greatest = drawn(Math.max(...examples.map((example) => example.greatest)));
  const scale = scaleLinear([least, greatest > least ? greatest : least + 1], [area.bottom, area.top + 10]).nice(4);
  const y: Scale = (value) => scale(drawn(value));
  const x = scaleLinear([0.5, Math.max(examples.length, 1) + 0.5], [area.left, area.right]);
  const ranks = x.ticks(6).filter((rank) => Number.isInteger(rank) && rank >= 1 && rank <= examples.length);
  return framed(
    area,
    {
      x: spaced(
        ranks.map((rank) => ({ at: x(rank), label: count(rank) })),
        28,
      ),
      y: scale.ticks(4).map((value) => ({ at: y(value), label: score(value) })),
      xTitle: 'examples, easiest first',
      yTitle: 'reward',
    },
    label,
    examples.length > MOST_WHISKERS ? band(examples, x, y) : whiskers(examples, x, y),
  );
}

type Scale = (value: number) => number;

/** A quarter of the largest double: an axis from one end to the other stays a finite number long. */
const FARTHEST = Number.MAX_VALUE / 4;
const drawn = (value: number): number => Math.max(-FARTHEST, Math.min(value, FARTHEST));

const whiskers = (examples: readonly Example[], x: Scale, y: Scale): Markup =>
  html`${examples.map(
    ({ example_id, least, greatest, mean }, index) =>
      html`<g><title>${example_id}: mean ${score(mean)}, ${score(least)} to ${score(greatest)}</title><path class="whisker" d="M${px(x(index + 1))} ${px(y(least))}V${px(y(greatest))}"/><circle class="dot solid" cx="${px(x(index + 1))}" cy="${px(y(mean))}" r="4.5"/></g>`,
  )}`;

function band(examples: readonly Example[], x: Scale, y: Scale): Markup {
  const at = (_: Example, index: number) => x(index + 1);
  const spread = areaShape<Example>(
    at,
    ({ least }) => y(least),
    ({ greatest }) => y(greatest),
  ).digits(2);
  const mean = lineShape<Example>(at, (example) => y(example.mean)).digits(2);
  return html`<path class="band" d="${spread([...examples])}"/><path class="line" d="${mean([...examples])}"/>`;
}
