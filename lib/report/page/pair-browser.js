// The report's pair browser. It runs in the reader's page: it reads the pairs embedded there, filters them and builds
// the list with text nodes only, so that no text of a trace is ever read as HTML.

import { marksOf } from '../marks.ts';

(() => {
  /** @typedef {import('../embed.ts').EmbeddedPair} EmbeddedPair */
  /** @typedef {import('../marks.ts').Marks} Marks */
  /** @typedef {import('../embed.ts').EmbeddedPairs} EmbeddedPairs */

  const PAGE = 10;

  const SAID_OF_MARKS = {
    words: '',
    sentences: 'Whole sentences are marked: the two differ in too many words.',
    nothing: 'Nothing is marked: the two have no sentence in common.',
  };

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
      pair.chosen,
      pair.rejected,
    ]
      .join('\n')
      .toLowerCase(),
  );

  /** @type {EmbeddedPair[]} */
  let matching = [];

  for (const id of [...new Set(pairs.map((pair) => pair.example_id))].sort()) {
    example.append(new Option(id.length > 60 ? `${id.slice(0, 59)}…` : id, id));
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
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
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
    const all = matching.length === pairs.length ? '' : ` of ${pairs.length} sampled`;
    found.textContent =
      matching.length === 0
        ? 'No sampled pair matches.'
        : `${matching.length}${all} ${matching.length === 1 ? 'pair' : 'pairs'}, ${shown} shown.`;
    more.hidden = shown === matching.length;
  }

  /** @param {EmbeddedPair} pair @param {number} index */
  function card(pair, index) {
    const { lineage } = pair;
    const article = element('article', 'pair');
    article.tabIndex = -1;
    const title = element('h3');
    title.id = `pair-${index}`;
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
    const marks = marksOf(pair.chosen, pair.rejected);
    sides.append(answer(pair, 1, marks), answer(pair, 2, marks));
    const foot = element('footer');
    foot.append(
      element('p', '', SAID_OF_MARKS[marks.by]),
      isolated(lineage.key),
      lineage.row !== undefined ? ` at row ${lineage.row}` : ` at byte ${lineage.offset}`,
      ...(lineage.chosen_uuid === null ? [] : ['; chosen ', isolated(lineage.chosen_uuid)]),
      ...(lineage.rejected_uuid === null ? [] : ['; rejected ', isolated(lineage.rejected_uuid)]),
    );
    article.append(head, promptOf(pair), sides, foot);
    return article;
  }

  /** @param {EmbeddedPair} pair */
  function promptOf(pair) {
    const { messages, earlier } = prompts[pair.prompt] ?? { messages: [], earlier: 0 };
    const details = element('details', 'prompt');
    details.open = true;
    const total = messages.length + earlier;
    details.append(element('summary', '', `Prompt, ${total} ${total === 1 ? 'message' : 'messages'}`));
    if (earlier > 0) details.append(element('p', 'cut', `${earlier} earlier not shown`));
    for (const { role, body } of messages) {
      const message = element('div', 'message');
      const text = element('div', 'text');
      text.dir = 'auto';
      text.setAttribute('role', 'group');
      text.setAttribute('aria-label', `Message of ${role}`);
      text.append(body.text);
      message.append(element('p', 'role', role), text);
      if (body.text.length < body.length) message.append(cutMark(body.text.length, body.length));
      details.append(message);
    }
    return details;
  }

  /** @param {EmbeddedPair} pair @param {1 | 2} which the chosen or the rejected @param {Marks} marks */
  function answer(pair, which, { runs, by }) {
    const chosen = which === 1;
    const name = chosen ? 'Chosen' : 'Rejected';
    const length = chosen ? pair.chosen_length : pair.rejected_length;
    const section = element('div', chosen ? 'side chosen' : 'side rejected');
    const title = element('h4', '', name);
    const value = written(chosen ? pair.chosen_score : pair.rejected_score);
    const place = chosen ? pair.chosen_index : pair.rejected_index;
    const about = element('p', 'about', `score ${value} · candidate ${place} · ${length} characters`);
    const text = element('div', 'text');
    text.dir = 'auto';
    text.setAttribute('role', 'group');
    text.setAttribute('aria-label', `${name} answer`);
    for (let at = 0; at < runs.length; at += 3) {
      text.append(runs[at] ?? '');
      const own = runs[at + which] ?? '';
      if (own !== '') text.append(by === 'nothing' ? own : element('mark', '', own));
    }
    const head = element('div', 'side-head');
    head.append(title, about);
    section.append(head, text);
    const shown = (chosen ? pair.chosen : pair.rejected).length;
    if (length === 0) text.append(element('span', 'quiet', '(empty)'));
    if (shown < length) section.append(cutMark(shown, length));
    return section;
  }

  /** @param {number} shown @param {number} length */
  function cutMark(shown, length) {
    return element('p', 'cut', `Cut: the first ${shown} of ${length} characters.`);
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
    if (!(element instanceof type)) throw new TypeError(`The page has no ${type.name} "${id}".`);
    return element;
  }
})();
