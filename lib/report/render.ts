import { createHash } from 'node:crypto';
import { pairBrowser, style } from './assets.ts';
import { embedPairs } from './embed.ts';
import { count, counted } from './figures.ts';
import { html, type Markup, trusted } from './html.ts';
import type { ReportInput } from './input.ts';
import { pickShards } from './pick-shards.ts';
import { flowSection, formatSection, headSection, settingsSection, shardFigure } from './run-sections.ts';
import {
  curriculumFigure,
  lengthFigure,
  lengthTable,
  marginFigure,
  pairsPerExampleFigure,
  sourceTable,
  turnFigure,
  turnTable,
} from './sections.ts';
import { showsText } from './shows-text.ts';

/**
 * The report of a run: one HTML page (UTF-8) that needs no network and no other file, under 3 MB. The same input
 * gives the same text. The page's policy allows its own style and script by their hash and nothing else, so that
 * text from a trace could not run or load anything even if it were not escaped.
 */
export function renderReport(input: ReportInput): string {
  const embedded = embedPairs(input.sample.sampled_pairs);
  const policy = [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    `script-src ${hashSource(pairBrowser)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${input.run_id} – preference data report</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<nav aria-label="Sections"><ul>${SECTIONS.filter(([id]) => id !== 'formats' || Object.keys(input.formats).length > 0).map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main id="main">
${headSection(input)}
${flowSection(input)}
${collectionSection(input)}
${pairSection(input, embedded.pairs)}
${formatSection(input)}
${settingsSection(input)}
</main>
${showsText(input.request) && pairScripts(embedded.json)}
</body>
</html>
`.markup;
}

const pairScripts = (
  pairs: string,
): Markup => html`<script type="application/json" id="pairs-json">${trusted(pairs)}</script>
<script>${trusted(pairBrowser)}</script>`;

const SECTIONS: readonly (readonly [id: string, name: string])[] = [
  ['flow', 'Flow'],
  ['collection', 'Collection'],
  ['pairs', 'Pairs'],
  ['formats', 'Formats'],
  ['settings', 'Settings'],
];

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const collectionSection = (
  input: ReportInput,
): Markup => html`<section id="collection" aria-labelledby="collection-title">
<h2 id="collection-title">What is in the collection</h2>
${
  input.sample.pairs === 0
    ? html`<p class="empty">The collection is empty: no turn gave a pair.</p>`
    : html`${partNote(input)}<div class="figures">${marginFigure(input)}${pairsPerExampleFigure(input)}${lengthFigure(input)}${curriculumFigure(input)}${turnFigure(input)}${shardFigure(input)}</div>
<div class="halves">${lengthTable(input)}${turnTable(input)}${sourceTable(input)}</div>`
}
</section>`;

/** Of a run of many shards only some are looked at. */
const partNote = ({ sample, totals, shards }: ReportInput): Markup | string =>
  sample.pairs === totals.total_pairs
    ? ''
    : html`<p class="lede">The collection is large, so the charts and pairs below come from ${count(pickShards(shards.length).length)} of its ${count(shards.length)} shards, evenly spaced: ${counted(sample.pairs, 'pair')} of ${count(totals.total_pairs)}.</p>`;

/** The form is filled and the list built by the page's script; without it, the page says so. */
function pairSection({ sample, totals, request }: ReportInput, shown: number): Markup {
  if (!showsText(request)) {
    return html`<section id="pairs" aria-labelledby="pairs-title">
<h2 id="pairs-title">The pairs themselves</h2>
<p class="empty">They are not shown, because <code>report.text</code> is false: this page has no text of the traces. All pairs are in collection.jsonl beside it.</p>
</section>`;
  }
  return html`<section id="pairs" aria-labelledby="pairs-title">
<h2 id="pairs-title">The pairs themselves</h2>
<p class="lede">${shown === totals.total_pairs ? `All ${counted(shown, 'pair')}.` : `${count(shown)} of ${counted(sample.pairs, 'pair')}${sample.pairs < totals.total_pairs ? ' looked at' : ''}: those with the widest and the narrowest margins, the longest, some at random, and some of each reason to leave a pair out.`} Words on one side only are marked. A pair’s title is a link to it, and the address keeps the filters.</p>
<noscript><p class="empty">The pair browser needs JavaScript. All pairs are in collection.jsonl beside this report.</p></noscript>
<div id="browser" hidden>
<form id="filters" role="search" aria-label="Filter the pairs">
<p class="field search"><label for="search">Search</label><input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="prompts, answers, ids"></p>
<p class="field"><label for="side">Side of the split</label><select id="side"><option value="">all</option><option value="training">training</option><option value="validation">validation</option><option value="left_out">left out</option></select></p>
<p class="field"><label for="reason">Left out for</label><select id="reason"><option value="">any reason</option></select></p>
<p class="field"><label for="sample">Sample</label><select id="sample"><option value="">all</option><option value="widest">widest margin</option><option value="narrowest">narrowest margin</option><option value="longest">longest</option><option value="random">random</option></select></p>
<p class="field"><label for="example">Example</label><select id="example"><option value="">all</option></select></p>
<p class="field short"><label for="from">Margin from</label><input id="from" type="number" step="any" inputmode="decimal"></p>
<p class="field short"><label for="to">Margin to</label><input id="to" type="number" step="any" inputmode="decimal"></p>
<p class="field button"><button type="reset">Clear</button></p>
</form>
<p id="found" role="status"></p>
<div id="list"></div>
<p><button id="more" type="button">Show more</button></p>
</div>
</section>`;
}
