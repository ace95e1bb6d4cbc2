// The report's pair browser. It runs in the reader's page: it reads the pairs embedded there, filters them and builds
// the list with text nodes only, so that no text of a trace is ever read as HTML.

import { marksOf } from '../marks.ts';

(() => {
  /** @typedef {import('../embed.ts').EmbeddedPair} EmbeddedPair */
  /** @typedef {import('../embed.ts').EmbeddedPairs} EmbeddedPairs */
  /** @typedef {import('../input.ts').ShownMessage} ShownMessage */
  /** @typedef {import('../marks.ts').Marks} Marks */
  /** @typedef {{ readonly text: string, readonly own: boolean }} Piece A run of a text, and whether its side alone has it. */

  const PAGE = 10;
  /** Between the parts of an answer, where they are compared as one text. */
  const BETWEEN = '\n\n';

  const SAID_OF_MARKS = {
    words: '',
    sentences: 'Whole sentences are marked: the two differ in too many words.',
    nothing: 'Nothing is marked: the two have no sentence in common.',
  };

  /** @type {EmbeddedPairs} */
  const { prompts, pairs } = JSON.parse(byId('pairs-json', HTMLScriptElement).text);
  /** The fields by the names that they have in the page's address. */
  const fields = {
    search: byId('search', HTMLInputElement),
    side: byId('side', HTMLSelectElement),
    reason: byId('reason', HTMLSelectElement),
    sample: byId('sample', HTMLSelectElement),
    example: byId('example', HTMLSelectElement),
    from: byId('from', HTMLInputElement),
    to: byId('to', HTMLInputElement),
  };
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
      ...pair.tools,
      ...[...(prompts[pair.prompt]?.messages ?? []), ...pair.chosen, ...pair.rejected].flatMap(({ role, parts }) => [
        role,
        ...parts.flatMap(({ label, text }) => [label, text]),
      ]),
    ]
      .join('\n')
      .toLowerCase(),
  );

  /** @type {EmbeddedPair[]} */
  let matching = [];
  /** The one pair that the address asks for. */
  let only = '';

  fillSelects();
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', search);
  // The fields are empty only after the reset event.
  form.addEventListener('reset', () => setTimeout(search));
  more.addEventListener('click', () => {
    const next = list.childElementCount;
    showMore();
    const first = list.children[next];
    if (first instanceof HTMLElement) first.focus();
  });
  window.addEventListener('hashchange', readAddress);
  byId('browser', HTMLDivElement).hidden = false;
  filter();
  readAddress();

  function fillSelects() {
    for (const id of [...new Set(pairs.map((pair) => pair.example_id))].sort()) {
      fields.example.append(new Option(id.length > 60 ? `${id.slice(0, 59)}…` : id, id));
    }
    const reasons = new Map();
    for (const { fates } of pairs) {
      for (const { is } of fates) if (!isSide(is)) reasons.set(is, (reasons.get(is) ?? 0) + 1);
    }
    for (const [reason, count] of [...reasons].sort()) {
      fields.reason.append(new Option(`${inWords(reason)} (${count})`, reason));
    }
    for (const field of [fields.side, fields.reason]) {
      const nothing = field === fields.side ? pairs.every(({ fates }) => fates.length === 0) : reasons.size === 0;
      if (field.parentElement) field.parentElement.hidden = nothing;
    }
    if (pairs.length === 0) return;
    const margins = pairs.map((pair) => pair.margin);
    fields.from.placeholder = written(Math.min(...margins));
    fields.to.placeholder = written(Math.max(...margins));
  }

  function search() {
    only = '';
    filter();
    writeAddress();
  }

  function filter() {
    const words = fields.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const from = fields.from.value === '' ? -Infinity : Number(fields.from.value);
    const to = fields.to.value === '' ? Infinity : Number(fields.to.value);
    const { side, reason, sample, example } = fields;
    matching = pairs.filter((pair, index) =>
      only === ''
        ? words.every((word) => searched[index]?.includes(word)) &&
          (side.value === '' || pair.fates.some(({ is }) => (isSide(is) ? is : 'left_out') === side.value)) &&
          (reason.value === '' || pair.fates.some(({ is }) => is === reason.value)) &&
          (sample.value === '' || pair.kinds.some((name) => name === sample.value)) &&
          (example.value === '' || pair.example_id === example.value) &&
          pair.margin >= from &&
          pair.margin <= to
        : String(pair.number) === only,
    );
    if (sample.value === 'narrowest') matching.sort((a, b) => a.margin - b.margin);
    if (sample.value === 'longest') matching.sort((a, b) => lengthOf(b) - lengthOf(a));
    list.replaceChildren();
    showMore();
  }

  function showMore() {
    const start = list.childElementCount;
    list.append(...matching.slice(start, start + PAGE).map(card));
    for (const text of list.querySelectorAll('.text')) {
      if (text instanceof HTMLElement && text.scrollHeight > text.clientHeight + 1) text.tabIndex = 0;
    }
    const shown = list.childElementCount;
    const all = matching.length === pairs.length ? '' : ` of ${pairs.length} sampled`;
    found.textContent =
      only === ''
        ? `${matching.length}${all} ${matching.length === 1 ? 'pair' : 'pairs'}, ${shown} shown.`
        : `Pair ${only} alone. Clear shows the others.`;
    if (matching.length === 0) {
      found.textContent =
        only === '' ? 'No sampled pair matches.' : `Pair ${only} is not in the sample. Clear shows those that are.`;
    }
    more.hidden = shown === matching.length;
  }

  /** Takes the filters, or one pair, out of the address: `#pair=12`, `#side=training&from=0.5`. Other addresses are of sections. */
  function readAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const pair = asked.get('pair');
    if (pair === null && !Object.keys(fields).some((name) => asked.has(name))) return;
    only = pair ?? '';
    for (const [name, field] of Object.entries(fields)) field.value = only === '' ? (asked.get(name) ?? '') : '';
    filter();
    byId('pairs', HTMLElement).scrollIntoView();
    const first = list.firstElementChild;
    if (only !== '' && first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  /** Puts the filters into the address, so that it can be passed on. */
  function writeAddress() {
    const asked = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) if (field.value !== '') asked.set(name, field.value);
    history.replaceState(null, '', asked.size === 0 ? '#pairs' : `#${asked}`);
  }

  /** @param {EmbeddedPair} pair */
  function card(pair) {
    const { lineage, number } = pair;
    const link = element('a', '', `Pair ${number.toLocaleString('en-US')}`);
    link.href = `#pair=${number}`;
    const title = element(
      'h3',
      '',
      link,
      element('span', 'quiet', ' example '),
      isolated(pair.example_id),
      element('span', 'quiet', ' turn '),
      isolated(pair.turn_id),
    );
    title.id = `pair-${number}`;
    const fates = pair.fates.map((fate) => fateOf(fate, pair.fates.length > 1));
    const kinds = pair.kinds.filter((name) => name !== 'left_out').map((name) => element('li', '', name));
    const scores = /** @type {const} */ (['margin', 'reward']).map((name) =>
      element('div', '', element('dt', '', name), element('dd', '', written(pair[name]))),
    );
    const marks = marksOf(textOf(pair.chosen), textOf(pair.rejected));
    const article = element(
      'article',
      'pair',
      element(
        'header',
        '',
        title,
        element('ul', 'fates', ...fates),
        element('ul', 'kinds', ...kinds),
        element('dl', 'scores', ...scores),
      ),
      promptOf(pair),
      element('div', 'sides', answer(pair, 1, marks), answer(pair, 2, marks)),
      element(
        'footer',
        '',
        element('p', '', SAID_OF_MARKS[marks.by]),
        isolated(lineage.key),
        lineage.row !== undefined ? ` at row ${lineage.row}` : ` at byte ${lineage.offset}`,
        ...(lineage.chosen_uuid === null ? [] : ['; chosen ', isolated(lineage.chosen_uuid)]),
        ...(lineage.rejected_uuid === null ? [] : ['; rejected ', isolated(lineage.rejected_uuid)]),
      ),
    );
    article.tabIndex = -1;
    article.setAttribute('aria-labelledby', title.id);
    return article;
  }

  /**
   * What became of a pair; with the formats where they differ.
   * @param {EmbeddedPair['fates'][number]} fate @param {boolean} differ
   */
  function fateOf({ is, formats }, differ) {
    const words = `${isSide(is) ? '' : 'left out: '}${inWords(is)}`;
    const where = differ && formats.length > 0 ? [element('span', 'quiet', ` (${formats.join(', ')})`)] : [];
    return element('li', isSide(is) ? 'fate in' : 'fate out', words, ...where);
  }

  /** @param {EmbeddedPair} pair */
  function promptOf(pair) {
    const { messages, earlier } = prompts[pair.prompt] ?? { messages: [], earlier: 0 };
    const total = messages.length + earlier;
    const tools = pair.tools.flatMap((name, at) => (at === 0 ? [isolated(name)] : [', ', isolated(name)]));
    const details = element(
      'details',
      'prompt',
      element('summary', '', `Prompt, ${total} ${total === 1 ? 'message' : 'messages'}`),
      ...(earlier > 0 ? [element('p', 'cut', `${earlier} earlier not shown`)] : []),
      ...messages.map((message) =>
        messageOf(
          message,
          message.parts.map(({ text }) => [{ text, own: false }]),
        ),
      ),
      ...(tools.length > 0 ? [element('p', 'about', 'Tools offered: ', ...tools)] : []),
    );
    details.open = true;
    return details;
  }

  /** @param {EmbeddedPair} pair @param {1 | 2} which the chosen or the rejected @param {Marks} marks */
  function answer(pair, which, marks) {
    const side = which === 1 ? 'chosen' : 'rejected';
    const name = which === 1 ? 'Chosen' : 'Rejected';
    const place = `score ${written(pair[`${side}_score`])} · candidate ${pair[`${side}_index`]}`;
    const tokens = pair.tokens === null ? '' : ` · ${pair.tokens[side]} tokens with the prompt`;
    const about = element('p', 'about', `${place} · ${pair[`${side}_length`]} characters${tokens}`);
    const pieces = piecesOf(pair[side], which, marks);
    return element(
      'div',
      `side ${side}`,
      element('div', 'side-head', element('h4', '', name), about),
      ...pair[side].map((message, at) => messageOf(message, pieces[at] ?? [], `${name} answer`)),
    );
  }

  /**
   * A message: its role, and each of its parts under its label. An answer that is text has neither.
   * @param {ShownMessage} message @param {readonly (readonly Piece[])[]} pieces of each part @param {string} [label]
   */
  function messageOf({ role, parts }, pieces, label = `Message of ${role}`) {
    const body = parts.flatMap((part, at) => {
      const runs = (pieces[at] ?? []).map(({ text: run, own }) => (own ? element('mark', '', run) : run));
      const text = element('div', part.label.startsWith('calls ') ? 'text call' : 'text', ...runs);
      text.dir = 'auto';
      text.setAttribute('role', 'group');
      text.setAttribute('aria-label', part.label === '' ? label : `${label}: ${part.label}`);
      if (part.length === 0) text.append(element('span', 'quiet', '(empty)'));
      const [shown, length] = [part.text.length, part.length];
      return [
        ...(part.label === '' ? [] : [element('p', 'label', part.label)]),
        text,
        ...(shown < length ? [element('p', 'cut', `Cut: the first ${shown} of ${length} characters.`)] : []),
      ];
    });
    return element(
      'div',
      role === '' ? 'plain' : 'message',
      ...(role === '' ? [] : [element('p', 'role', role)]),
      element('div', 'parts', ...body),
    );
  }

  /** All texts of an answer, as they are compared. @param {readonly ShownMessage[]} messages */
  function textOf(messages) {
    return messages.flatMap(({ parts }) => parts.map(({ text }) => text)).join(BETWEEN);
  }

  /**
   * The runs of an answer's whole text, cut where its parts begin and end again.
   * @param {readonly ShownMessage[]} messages @param {1 | 2} which @param {Marks} marks
   */
  function piecesOf(messages, which, { runs, by }) {
    /** @type {Piece[]} */
    const whole = [];
    for (let at = 0; at < runs.length; at += 3) {
      whole.push({ text: runs[at] ?? '', own: false }, { text: runs[at + which] ?? '', own: by !== 'nothing' });
    }
    let run = 0;
    let used = 0;
    /** @param {number} length */
    const take = (length) => {
      /** @type {Piece[]} */
      const pieces = [];
      for (let left = length; left > 0; ) {
        const piece = whole[run];
        if (!piece) break;
        const text = piece.text.slice(used, used + left);
        if (text !== '') pieces.push({ text, own: piece.own });
        left -= text.length;
        used += text.length;
        if (used === piece.text.length) {
          run += 1;
          used = 0;
        }
      }
      return pieces;
    };
    let isFirst = true;
    return messages.map(({ parts }) =>
      parts.map(({ text }) => {
        if (!isFirst) take(BETWEEN.length);
        isFirst = false;
        return take(text.length);
      }),
    );
  }

  /** @param {EmbeddedPair} pair */
  function lengthOf(pair) {
    return pair.chosen_length + pair.rejected_length;
  }

  /** @param {string} fate */
  function isSide(fate) {
    return fate === 'training' || fate === 'validation';
  }

  /** @param {string} name */
  function inWords(name) {
    return name.replaceAll('_', ' ');
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
   * @param {(string | Node)[]} children
   */
  function element(name, className = '', ...children) {
    const made = document.createElement(name);
    if (className !== '') made.className = className;
    made.append(...children);
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
