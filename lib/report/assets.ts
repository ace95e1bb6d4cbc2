// Made from page/report.css and page/pair-browser.js by test/report/assets.test.ts; edit those.

export const style = `:root {
  color-scheme: light dark;
  --paper: #faf9f6;
  --sheet: #ffffff;
  --ink: #1c2127;
  --quiet: #59626d;
  --line: #e1ded7;
  --chosen: #1d5c9e;
  --chosen-soft: #dbe8f6;
  --rejected: #97460f;
  --rejected-soft: #f8e3d3;
  --stream: #1d5c9e38;
  --lost: #97460f40;
  --wrong: #b3261e;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, "Liberation Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a;
    --sheet: #1b1f24;
    --ink: #e5e7ea;
    --quiet: #9ea8b3;
    --line: #30363d;
    --chosen: #84b6ef;
    --chosen-soft: #1f3d5e;
    --rejected: #eda270;
    --rejected-soft: #5a3118;
    --stream: #84b6ef3d;
    --lost: #eda27045;
    --wrong: #ff8a80;
  }
}

* {
  box-sizing: border-box;
}

html {
  scroll-padding-top: 3.5rem;
  -webkit-text-size-adjust: 100%;
}

body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem / 1.55 var(--sans);
  overflow-wrap: anywhere;
}

main {
  max-width: 74rem;
  margin: 0 auto;
  padding: 0 1.5rem 4rem;
}

h1,
h2,
h3,
h4,
p,
figure,
dl,
dd,
ul {
  margin: 0;
}

h1,
h2 {
  font-family: var(--serif);
  font-weight: 600;
  line-height: 1.15;
  letter-spacing: -0.01em;
  text-wrap: balance;
}

h1 {
  font-size: clamp(1.9rem, 5vw, 2.9rem);
}

h2 {
  font-size: 1.6rem;
}

h3 {
  font-size: 1rem;
  font-weight: 650;
  line-height: 1.35;
}

a {
  color: var(--chosen);
  text-underline-offset: 0.2em;
}

:focus-visible {
  outline: 2px solid var(--chosen);
  outline-offset: 2px;
  border-radius: 2px;
}

code,
.path {
  font: 0.86em / 1.5 var(--mono);
}

bdi,
code {
  unicode-bidi: isolate;
}

.quiet {
  color: var(--quiet);
  font-weight: 400;
}

.lede {
  max-width: 46rem;
  margin-top: 0.6rem;
  color: var(--quiet);
  text-wrap: pretty;
}

.lede code {
  color: var(--ink);
}

.unseen:not(:focus) {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.skip {
  position: absolute;
  left: -100vw;
}

.skip:focus {
  left: 1rem;
  top: 0.5rem;
  z-index: 3;
  padding: 0.3rem 0.7rem;
  background: var(--sheet);
}

/* Navigation and masthead */

nav {
  position: sticky;
  top: 0;
  z-index: 2;
  background: var(--paper);
  border-bottom: 1px solid var(--line);
}

nav ul {
  display: flex;
  gap: 0.25rem 1.5rem;
  max-width: 74rem;
  margin: 0 auto;
  padding: 0.55rem 1.5rem;
  list-style: none;
  font-size: 0.9rem;
}

nav a {
  display: inline-block;
  padding: 0.15rem 0;
  color: var(--quiet);
  text-decoration: none;
}

nav a:hover {
  color: var(--ink);
  text-decoration: underline;
}

.masthead {
  padding: 3.5rem 0 1rem;
}

.kicker {
  margin-bottom: 0.5rem;
  color: var(--quiet);
  font-size: 0.9rem;
}

.masthead .lede {
  font-size: 1.08rem;
}

.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr));
  gap: 1.25rem 2rem;
  margin-top: 2.25rem;
  padding-top: 1.25rem;
  border-top: 2px solid var(--ink);
}

.tiles dt {
  font-size: 0.9rem;
}

.tiles .big {
  display: block;
  font: 600 2.3rem / 1.2 var(--serif);
  font-variant-numeric: lining-nums;
  letter-spacing: -0.02em;
}

.tiles .quiet {
  font-size: 0.88rem;
}

.warnings {
  margin-top: 2rem;
  padding: 1rem 1.25rem;
  background: var(--sheet);
  border: 1px solid var(--rejected);
  border-radius: 6px;
}

.warnings h2 {
  font: 650 1rem var(--sans);
  color: var(--rejected);
}

.warnings ul {
  margin-top: 0.4rem;
  padding-left: 1.2rem;
}

section[id] {
  margin-top: 4.5rem;
}

.empty {
  margin-top: 1.5rem;
  padding: 2rem;
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 6px;
  color: var(--quiet);
  text-align: center;
}

/* Figures */

.figures {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr));
  gap: 3rem 3.5rem;
  margin-top: 2rem;
}

figure {
  display: flex;
  flex-direction: column;
  min-width: 0;
  container-type: inline-size;
}

figcaption p {
  min-height: 3.1em;
  margin-top: 0.2rem;
  color: var(--quiet);
  font-size: 0.92rem;
  text-wrap: pretty;
}

.callout {
  display: flex;
  gap: 0.6rem;
  align-items: baseline;
  color: var(--ink);
}

.callout strong {
  flex: none;
  white-space: nowrap;
  font: 600 1.9rem / 1.3 var(--serif);
  font-variant-numeric: lining-nums;
}

.picture {
  margin: 0.75rem 0 0.5rem;
}

.picture.narrow {
  display: none;
}

@container (max-width: 27rem) {
  .picture.wide {
    display: none;
  }

  .picture.narrow {
    display: block;
  }
}

svg {
  display: block;
  width: 100%;
  height: auto;
  overflow: visible;
  font-family: var(--sans);
}

.tick,
.axis-title,
.note,
.flow-label {
  fill: var(--quiet);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
}

.note {
  font-style: italic;
}

.axis-title {
  fill: var(--ink);
}

.flow-label {
  fill: var(--ink);
  font-size: 13.5px;
  paint-order: stroke;
  stroke: var(--paper);
  stroke-width: 4px;
  stroke-linejoin: round;
}

.flow-count {
  font-weight: 650;
}

.grid {
  stroke: var(--line);
  stroke-width: 1;
}

.axis {
  stroke: var(--quiet);
  stroke-width: 1;
}

.bar,
.node,
.dot.solid {
  fill: var(--chosen);
}

.node.lost {
  fill: var(--rejected);
}

.stream {
  fill: none;
  stroke: var(--stream);
}

.stream.lost {
  stroke: var(--lost);
}

.dot {
  fill: var(--chosen);
  fill-opacity: 0.45;
  stroke: var(--chosen);
  stroke-width: 0.75;
}

.dot.solid {
  fill-opacity: 1;
}

.longer {
  fill: var(--chosen-soft);
  fill-opacity: 0.45;
}

.diagonal {
  stroke: var(--quiet);
  stroke-dasharray: 3 4;
}

.whisker {
  stroke: var(--chosen);
  stroke-opacity: 0.55;
  stroke-width: 2;
}

.band {
  fill: var(--stream);
}

.line {
  fill: none;
  stroke: var(--chosen);
  stroke-width: 2;
}

/* Tables */

.scroller {
  max-width: 100%;
  margin-top: 0.5rem;
  overflow-x: auto;
}

table {
  width: 100%;
  border-collapse: collapse;
  font-size: 0.88rem;
}

th,
td {
  padding: 0.32rem 1rem 0.32rem 0;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: baseline;
  font-weight: 400;
}

thead th {
  color: var(--quiet);
  font-size: 0.82rem;
}

.number {
  padding-right: 0;
  padding-left: 1rem;
  text-align: right;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}

th.number:first-child {
  width: 1%;
  padding-left: 0;
}

summary {
  width: fit-content;
  cursor: pointer;
}

.as-table {
  margin-top: auto;
  color: var(--quiet);
  font-size: 0.85rem;
}

.as-table .scroller {
  color: var(--ink);
}

.halves {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: 2rem 3.5rem;
  margin-top: 2rem;
}

.halves > div {
  min-width: 0;
}

.halves h3:not(:first-child) {
  margin-top: 2rem;
}

/* The flow and its ledger */

.flow-picture {
  margin-top: 1.5rem;
}

.flow-picture svg {
  max-height: 34rem;
}

.flow-picture p {
  font-size: 0.85rem;
}

.ledgers {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
  gap: 2rem 2.5rem;
  margin-top: 2rem;
}

.ledger h3 {
  display: flex;
  justify-content: space-between;
  padding-bottom: 0.35rem;
  border-bottom: 1px solid var(--ink);
}

.ledger .none {
  color: var(--quiet);
}

.ledger .kept th {
  color: var(--chosen);
  font-weight: 600;
}

.ledger .lost th {
  color: var(--rejected);
}

.ledger .share {
  width: 4.5rem;
  color: var(--quiet);
}

.verdict {
  margin-top: 0.5rem;
  color: var(--quiet);
  font-size: 0.85rem;
}

.verdict.wrong {
  color: var(--wrong);
  font-weight: 600;
}

/* The pair browser */

#filters {
  display: flex;
  flex-wrap: wrap;
  gap: 0.8rem 1rem;
  align-items: end;
  margin-top: 1.5rem;
}

.field {
  flex: 1 1 9rem;
  min-width: 0;
}

.field.search {
  flex: 3 1 16rem;
}

.field.short {
  flex: 1 1 6.5rem;
}

.field.button {
  flex: none;
}

label {
  display: block;
  margin-bottom: 0.2rem;
  color: var(--quiet);
  font-size: 0.82rem;
}

input,
select,
button {
  width: 100%;
  min-height: 2.4rem;
  padding: 0.3rem 0.6rem;
  background: var(--sheet);
  color: var(--ink);
  border: 1px solid var(--quiet);
  border-radius: 5px;
  font: inherit;
  font-size: 0.95rem;
}

input::placeholder {
  color: var(--quiet);
  opacity: 1;
}

button {
  width: auto;
  padding-inline: 1.1rem;
  cursor: pointer;
}

button:hover {
  border-color: var(--ink);
}

#found {
  margin: 1rem 0 0.5rem;
  color: var(--quiet);
  font-size: 0.9rem;
}

.pair {
  margin-bottom: 1.5rem;
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 8px;
}

.pair > * {
  padding: 0.8rem 1.25rem;
}

.pair > header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 1rem;
  align-items: baseline;
}

.pair h3 {
  flex: 1 1 15rem;
  min-width: 0;
}

.kinds,
.scores {
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.9rem;
  padding: 0;
  list-style: none;
  font-size: 0.85rem;
}

.kinds {
  color: var(--quiet);
}

.scores div {
  display: flex;
  gap: 0.35rem;
}

.scores dt {
  color: var(--quiet);
}

.scores dd {
  font-weight: 650;
  font-variant-numeric: tabular-nums;
}

.prompt {
  border-top: 1px solid var(--line);
  font-size: 0.9rem;
}

.prompt summary {
  color: var(--quiet);
}

.about,
.cut,
.pair footer {
  color: var(--quiet);
  font-size: 0.82rem;
}

.pair footer bdi {
  font: 0.92em var(--mono);
}

.cut {
  margin-top: 0.4rem;
  font-style: italic;
}

.message {
  display: grid;
  grid-template-columns: 5.5rem minmax(0, 1fr);
  gap: 0 1rem;
  margin-top: 0.6rem;
}

.message .cut {
  grid-column: 2;
}

.role {
  color: var(--quiet);
}

.text {
  max-height: 26rem;
  overflow: auto;
  font: 0.86rem / 1.6 var(--mono);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  tab-size: 2;
  unicode-bidi: isolate;
}

.message .text {
  max-height: 12rem;
}

/* The script makes a text that has to be scrolled focusable: its end is then drawn, as more follows. */
.text[tabindex] {
  border-bottom: 1px dashed var(--quiet);
}

.sides {
  display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr));
  padding: 0;
  border-block: 1px solid var(--line);
}

.side {
  min-width: 0;
  padding: 0.8rem 1.25rem 1rem;
  border-top: 3px solid var(--side);
}

.side.chosen {
  --side: var(--chosen);
  --soft: var(--chosen-soft);
}

.side.rejected {
  --side: var(--rejected);
  --soft: var(--rejected-soft);
  border-left: 1px solid var(--line);
}

.side-head {
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.8rem;
  align-items: baseline;
  margin-bottom: 0.5rem;
}

.side h4 {
  color: var(--side);
  font-size: 0.95rem;
}

mark {
  padding: 0.05em 0;
  background: var(--soft);
  color: inherit;
  text-decoration: underline;
  text-decoration-color: var(--side);
  text-decoration-thickness: 1.5px;
  text-underline-offset: 0.22em;
}

.side.rejected mark {
  text-decoration-style: dashed;
}

@media (max-width: 44rem) {
  main,
  nav ul {
    padding-inline: 1rem;
  }

  .masthead {
    padding-top: 2rem;
  }

  .tiles {
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 1.25rem 1rem;
  }

  .tiles .big {
    font-size: 1.8rem;
  }

  section[id] {
    margin-top: 3.5rem;
  }

  /* Too small to read; the ledger below it says the same. */
  .flow-picture {
    display: none;
  }

  figcaption p {
    min-height: 0;
  }

  .sides,
  .message {
    grid-template-columns: minmax(0, 1fr);
  }

  .message .cut {
    grid-column: 1;
  }

  .side.rejected {
    border-left: 0;
  }

  .pair > *,
  .side {
    padding-inline: 0.9rem;
  }

  .pair > .sides {
    padding-inline: 0;
  }
}

@media (forced-colors: active) {
  .bar,
  .node,
  .dot {
    fill: CanvasText;
  }
}

@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff;
    --sheet: #ffffff;
    --ink: #000000;
    --quiet: #444444;
    --line: #cccccc;
    --chosen: #1d5c9e;
    --chosen-soft: #dbe8f6;
    --rejected: #97460f;
    --rejected-soft: #f8e3d3;
    --stream: #1d5c9e38;
    --lost: #97460f40;
  }

  body {
    font-size: 10pt;
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }

  nav,
  .skip,
  #filters,
  #more,
  .as-table {
    display: none;
  }

  main {
    max-width: none;
    padding: 0;
  }

  .masthead {
    padding-top: 0;
  }

  section[id] {
    margin-top: 2rem;
  }

  .figures {
    grid-template-columns: 1fr 1fr;
    gap: 1.5rem;
  }

  h2,
  h3,
  .lede {
    break-after: avoid;
  }

  figure,
  .ledger,
  .flow-picture,
  .side-head,
  .pair > header {
    break-inside: avoid;
  }

  .text,
  .message .text {
    max-height: none;
    overflow: visible;
  }

  .scroller {
    overflow: visible;
  }
}
`;

export const pairBrowser = `// The report's pair browser. It runs in the reader's page: it reads the pairs embedded there, filters them and builds
// the list with text nodes only, so that no text of a trace is ever read as HTML.

(() => {
  /** @typedef {import('../embed.ts').EmbeddedPair} EmbeddedPair */
  /** @typedef {import('../embed.ts').EmbeddedPairs} EmbeddedPairs */

  const PAGE = 10;

  /** @type {EmbeddedPairs} */
  const { prompts, pairs } = JSON.parse(byId('pairs-json', HTMLScriptElement).text);
  const search = byId('search', HTMLInputElement);
  const kind = byId('kind', HTMLSelectElement);
  const example = byId('example', HTMLSelectElement);
  const least = byId('least', HTMLInputElement);
  const greatest = byId('greatest', HTMLInputElement);
  const form = byId('filters', HTMLFormElement);
  const list = byId('list', HTMLDivElement);
  const more = byId('more', HTMLButtonElement);
  const found = byId('found', HTMLParagraphElement);

  const searched = pairs.map((pair) =>
    [
      pair.example_id,
      pair.turn_id,
      pair.lineage.key,
      pair.lineage.chosen_uuid ?? '',
      pair.lineage.rejected_uuid ?? '',
      ...(prompts[pair.prompt]?.messages.map(({ body }) => body.text) ?? []),
      side(pair, 1),
      side(pair, 2),
    ]
      .join('\\n')
      .toLowerCase(),
  );

  /** @type {EmbeddedPair[]} */
  let matching = [];

  for (const id of [...new Set(pairs.map((pair) => pair.example_id))].sort()) {
    example.append(new Option(id.length > 60 ? \`\${id.slice(0, 59)}…\` : id, id));
  }
  if (pairs.length > 0) {
    const margins = pairs.map((pair) => pair.margin);
    least.placeholder = written(Math.min(...margins));
    greatest.placeholder = written(Math.max(...margins));
  }
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', filter);
  // The fields are empty only after the reset event.
  form.addEventListener('reset', () => setTimeout(filter));
  more.addEventListener('click', () => {
    const next = list.childElementCount;
    showMore();
    const first = list.children[next];
    if (first instanceof HTMLElement) first.focus();
  });
  byId('browser', HTMLDivElement).hidden = false;
  filter();

  function filter() {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const from = least.value === '' ? -Infinity : Number(least.value);
    const to = greatest.value === '' ? Infinity : Number(greatest.value);
    matching = pairs.filter(
      (pair, index) =>
        words.every((word) => searched[index]?.includes(word)) &&
        (kind.value === '' || pair.kinds.some((name) => name === kind.value)) &&
        (example.value === '' || pair.example_id === example.value) &&
        pair.margin >= from &&
        pair.margin <= to,
    );
    if (kind.value === 'narrowest') matching.sort((a, b) => a.margin - b.margin);
    if (kind.value === 'longest') matching.sort((a, b) => lengthOf(b) - lengthOf(a));
    list.replaceChildren();
    showMore();
  }

  function showMore() {
    const start = list.childElementCount;
    list.append(...matching.slice(start, start + PAGE).map((pair, index) => card(pair, start + index)));
    for (const text of list.querySelectorAll('.text')) {
      if (text instanceof HTMLElement && text.scrollHeight > text.clientHeight + 1) text.tabIndex = 0;
    }
    const shown = list.childElementCount;
    const all = matching.length === pairs.length ? '' : \` of \${pairs.length} sampled\`;
    found.textContent =
      matching.length === 0
        ? 'No sampled pair matches.'
        : \`\${matching.length}\${all} \${matching.length === 1 ? 'pair' : 'pairs'}, \${shown} shown.\`;
    more.hidden = shown === matching.length;
  }

  /** @param {EmbeddedPair} pair @param {number} index */
  function card(pair, index) {
    const { lineage } = pair;
    const article = element('article', 'pair');
    article.tabIndex = -1;
    const title = element('h3');
    title.id = \`pair-\${index}\`;
    title.append('Example ', isolated(pair.example_id), element('span', 'quiet', ' turn '), isolated(pair.turn_id));
    article.setAttribute('aria-labelledby', title.id);
    const kinds = element('ul', 'kinds');
    kinds.append(...pair.kinds.map((name) => element('li', '', name)));
    const scores = element('dl', 'scores');
    for (const [name, value] of /** @type {const} */ ([
      ['margin', pair.margin],
      ['reward', pair.reward],
    ])) {
      const row = element('div');
      row.append(element('dt', '', name), element('dd', '', written(value)));
      scores.append(row);
    }
    const head = element('header');
    head.append(title, kinds, scores);
    const sides = element('div', 'sides');
    sides.append(answer(pair, 1), answer(pair, 2));
    const foot = element('footer');
    foot.append(
      isolated(lineage.key),
      \` at byte \${lineage.offset}; chosen \`,
      isolated(lineage.chosen_uuid ?? 'without an id'),
      ', rejected ',
      isolated(lineage.rejected_uuid ?? 'without an id'),
    );
    article.append(head, promptOf(pair), sides);
    if (!pair.compared) {
      article.append(element('p', 'quiet', 'The two differ in too many words to mark them.'));
    }
    article.append(foot);
    return article;
  }

  /** @param {EmbeddedPair} pair */
  function promptOf(pair) {
    const { messages, earlier } = prompts[pair.prompt] ?? { messages: [], earlier: 0 };
    const details = element('details', 'prompt');
    details.open = true;
    const total = messages.length + earlier;
    details.append(element('summary', '', \`Prompt, \${total} \${total === 1 ? 'message' : 'messages'}\`));
    if (earlier > 0) details.append(element('p', 'cut', \`\${earlier} earlier not shown\`));
    for (const { role, body } of messages) {
      const message = element('div', 'message');
      const text = element('div', 'text');
      text.dir = 'auto';
      text.setAttribute('role', 'group');
      text.setAttribute('aria-label', \`Message of \${role}\`);
      text.append(body.text);
      message.append(element('p', 'role', role), text);
      if (body.text.length < body.length) message.append(cutMark(body.text.length, body.length));
      details.append(message);
    }
    return details;
  }

  /** @param {EmbeddedPair} pair @param {1 | 2} which the chosen or the rejected */
  function answer(pair, which) {
    const chosen = which === 1;
    const name = chosen ? 'Chosen' : 'Rejected';
    const length = chosen ? pair.chosen_length : pair.rejected_length;
    const section = element('div', chosen ? 'side chosen' : 'side rejected');
    const title = element('h4', '', name);
    const value = written(chosen ? pair.chosen_score : pair.rejected_score);
    const place = chosen ? pair.chosen_index : pair.rejected_index;
    const about = element('p', 'about', \`score \${value} · candidate \${place} · \${length} characters\`);
    const text = element('div', 'text');
    text.dir = 'auto';
    text.setAttribute('role', 'group');
    text.setAttribute('aria-label', \`\${name} answer\`);
    for (let at = 0; at < pair.runs.length; at += 3) {
      text.append(pair.runs[at] ?? '');
      const own = pair.runs[at + which] ?? '';
      if (own !== '') text.append(pair.compared ? element('mark', '', own) : own);
    }
    const head = element('div', 'side-head');
    head.append(title, about);
    section.append(head, text);
    const shown = side(pair, which).length;
    if (length === 0) text.append(element('span', 'quiet', '(empty)'));
    if (shown < length) section.append(cutMark(shown, length));
    return section;
  }

  /** @param {number} shown @param {number} length */
  function cutMark(shown, length) {
    return element('p', 'cut', \`Cut: the first \${shown} of \${length} characters.\`);
  }

  /** One side's text. @param {EmbeddedPair} pair @param {1 | 2} which */
  function side(pair, which) {
    let text = '';
    for (let at = 0; at < pair.runs.length; at += 3) text += (pair.runs[at] ?? '') + (pair.runs[at + which] ?? '');
    return text;
  }

  /** @param {EmbeddedPair} pair */
  function lengthOf(pair) {
    return pair.chosen_length + pair.rejected_length;
  }

  /** Four significant digits. @param {number} value */
  function written(value) {
    return String(Number(value.toPrecision(4)));
  }

  /** Text of a trace within ours: its writing direction stays its own. @param {string} text */
  function isolated(text) {
    return element('bdi', '', text);
  }

  /**
   * @template {keyof HTMLElementTagNameMap} Name
   * @param {Name} name
   * @param {string} [className]
   * @param {string} [text]
   */
  function element(name, className = '', text = '') {
    const made = document.createElement(name);
    if (className !== '') made.className = className;
    if (text !== '') made.textContent = text;
    return made;
  }

  /**
   * @template {HTMLElement} Kind
   * @param {string} id
   * @param {new () => Kind} type
   */
  function byId(id, type) {
    const element = document.getElementById(id);
    if (!(element instanceof type)) throw new TypeError(\`The page has no \${type.name} "\${id}".\`);
    return element;
  }
})();
`;
