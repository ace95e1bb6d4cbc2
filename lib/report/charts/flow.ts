import { type SankeyNode, sankey, sankeyLeft, sankeyLinkHorizontal } from 'd3-sankey';
import { count } from '../figures.ts';
import type { Markup } from '../html.ts';
import { html } from '../html.ts';
import { px } from './frame.ts';

/** Where something goes: `kept` is the main stream, the others are losses. */
export type Branch = {
  readonly name: string;
  /** The name in the picture, where the whole one is too long for it. */
  readonly short?: string;
  readonly count: number;
  readonly kept: boolean;
  /** Where the page shows some of them. */
  readonly link?: string;
};

/** What came in, and all it became. The branches' counts add up to `total`. */
export type Stage = { readonly name: string; readonly total: number; readonly branches: readonly Branch[] };

type Node = { id: string; name: string; count: number; kept: boolean };
type Link = { source: string; target: string; value: number; kept: boolean };

/**
 * A flow through stages that count different things (steps, then pairs): each stage takes the whole width of the main
 * stream it comes from, so widths are shares, and counts stand beside the names.
 */
export function flowChart(stages: readonly Stage[], label: string, width: number): Markup | null {
  const { nodes, links } = graph(stages);
  if (links.length === 0) return null;
  const height = Math.max(220, 34 * nodes.filter(({ kept }) => !kept).length + 120);
  const flow = sankey<Node, Link>()
    .nodeId(({ id }) => id)
    .nodeAlign(sankeyLeft)
    .nodeWidth(10)
    .nodePadding(PADDING)
    .nodeSort(null)
    .linkSort(null)
    .extent([
      [1, TOP],
      [width - 210, height - TOP],
    ]);
  const layout = flow({ nodes, links });
  alignTops(layout.nodes);
  flow.update(layout);
  const path = sankeyLinkHorizontal<Node, Link>();
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${layout.links.map((link) => html`<path class="${link.kept ? 'stream' : 'stream lost'}" d="${path(link)?.replace(/(?<!\d)\d+\.\d+/g, (number) => String(px(Number(number)))) ?? ''}" stroke-width="${px(Math.max(1.5, link.width ?? 0))}"/>`)}
${layout.nodes.map(({ name, count: counted, kept, x0 = 0, x1 = 0, y0 = 0, y1 = 0 }) => {
  const middle = (y0 + y1) / 2;
  return html`<rect class="${kept ? 'node' : 'node lost'}" x="${px(x0)}" y="${px(y1 - y0 < 2 ? middle - 1 : y0)}" width="${px(x1 - x0)}" height="${px(Math.max(2, y1 - y0))}" rx="2"/><text class="flow-label" x="${px(x1 + 8)}" y="${px(middle + 4)}">${name} <tspan class="flow-count">${count(counted)}</tspan></text>`;
})}
</svg>`;
}

const PADDING = 24;
const TOP = 14;

/** The main stream runs straight along the top, its losses leave below. */
function alignTops(nodes: readonly SankeyNode<Node, Link>[]): void {
  const ends = new Map<number, number>();
  for (const node of nodes) {
    const { depth = 0, y0 = 0, y1 = 0 } = node;
    node.y0 = ends.get(depth) ?? TOP;
    node.y1 = node.y0 + (y1 - y0);
    ends.set(depth, node.y1 + PADDING);
  }
}

function graph(stages: readonly Stage[]): { nodes: Node[]; links: Link[] } {
  const nodes: Node[] = [];
  const links: Link[] = [];
  let share = 1;
  let from: string | null = null;
  for (const [index, { name, total, branches }] of stages.entries()) {
    if (total === 0 || share === 0) break;
    // A stage that counts what the last one kept goes on from there.
    const goesOn = from !== null && nodes.some((node) => node.id === from && node.name === name);
    const source: string = goesOn && from !== null ? from : String(index);
    if (!goesOn) {
      nodes.push({ id: source, name, count: total, kept: true });
      if (from !== null) links.push({ source: from, target: source, value: share, kept: true });
    }
    let stream = 0;
    for (const [place, branch] of branches.entries()) {
      if (branch.count === 0) continue;
      const id = `${index}.${place}`;
      const value = (share * branch.count) / total;
      nodes.push({ id, name: branch.short ?? branch.name, count: branch.count, kept: branch.kept });
      links.push({ source, target: id, value, kept: branch.kept });
      if (branch.kept) {
        stream = value;
        from = id;
      }
    }
    share = stream;
  }
  return { nodes, links };
}
