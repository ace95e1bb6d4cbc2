import type { Markup } from './html.ts';
import { html } from './html.ts';

/** A chart's place on the page: what it shows in words, the picture for wide and narrow places, the same as a table. */
export type Figure = {
  readonly title: string;
  readonly says: Markup | string;
  readonly draw: (width: number) => Markup;
  readonly table: Markup;
};

const WIDE = 560;
const NARROW = 320;

export const figure = ({ title, says, draw, table: rows }: Figure): Markup => html`<figure>
<figcaption><h3>${title}</h3><p>${says}</p></figcaption>
<div class="picture wide">${draw(WIDE)}</div>
<div class="picture narrow">${draw(NARROW)}</div>
<details class="as-table"><summary>As a table<span class="unseen">: ${title}</span></summary>${rows}</details>
</figure>`;

export type Cell = string | number | Markup;

const MOST_ROWS = 60;

/** A table whose first column names the row; the columns named in `numbers` are set right. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  { numbers = [], most = MOST_ROWS }: { readonly numbers?: readonly number[]; readonly most?: number } = {},
): Markup {
  const side = (column: number) => (numbers.includes(column) ? html` class="number"` : null);
  return html`<div class="scroller" tabindex="0" role="region" aria-label="${caption}"><table><caption class="unseen">${caption}</caption>
<thead><tr>${heads.map((head, column) => html`<th scope="col"${side(column)}>${head}</th>`)}</tr></thead>
<tbody>${rows
    .slice(0, most)
    .map(
      (row) =>
        html`<tr>${row.map((cell, column) => (column === 0 ? html`<th scope="row"${side(0)}>${cell}</th>` : html`<td${side(column)}>${cell}</td>`))}</tr>`,
    )}</tbody></table>${rows.length > most && html`<p class="quiet">The first ${most} of ${rows.length} rows.</p>`}</div>`;
}
