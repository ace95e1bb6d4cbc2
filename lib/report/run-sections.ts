import { TOKEN_EDGES, type TokenFacts } from '../contract/dataset-result.ts';
import { accountForDatasets, type FormatLoss } from '../datasets/account-for-datasets.ts';
import { reasonInWords } from '../datasets/loss-words.ts';
import { pastTrlLength } from '../datasets/token-facts.ts';
import { barChart } from './charts/bars.ts';
import { flowChart } from './charts/flow.ts';
import { figure, table } from './figure.ts';
import { average, bytes, count, counted, percent, seconds } from './figures.ts';
import type { Markup } from './html.ts';
import { html } from './html.ts';
import type { ReportInput } from './input.ts';
import { type Account, accountForSelection, accounts, flowStages } from './losses.ts';
import { settingRows } from './settings.ts';
import { showsText } from './shows-text.ts';

/** The parts of the report about the run: its flow, its shards, what it was asked and what it read and wrote. */

export function flowSection({ totals, selections, formats, datasets, losses, sample, request }: ReportInput): Markup {
  const ledger = accounts(totals);
  const account = accountForDatasets({ selections, formats, datasets });
  const chart = flowChart(
    flowStages(totals, account.selections[0]),
    `Flow from candidate steps to ${account.selections.length > 0 ? 'training and validation' : 'preference pairs'}, each loss named`,
    1120,
  );
  const datasetLedgers = account.selections.map((selection) => {
    const written = Object.entries(formats).filter(([, { view }]) => view === selection.view);
    return accountForSelection(selection, account.selections.length > 1 ? written.map(([name]) => name) : []);
  });
  return html`<section id="flow" aria-labelledby="flow-title">
<h2 id="flow-title">Where every candidate went</h2>
<p class="lede">${counted(totals.matching_steps, 'step')} named as candidates, ${counted(totals.total_candidates, 'candidate')} in ${counted(totals.total_turns, 'turn')}, ${counted(totals.possible_pairs, 'possible pair')}. Each is either in the collection or counted under one reason${account.selections.length > 0 && ', and so is each collected pair in the dataset'}.</p>
${chart === null ? html`<p class="empty">No step of the traces is a candidate.</p>` : html`<div class="flow-picture">${chart}<p class="quiet">Widths are shares of the stage before, because steps and pairs are different things; the numbers are counts.</p></div>`}
<div class="ledgers">${[ledger.items, ledger.steps, ledger.pairs, ...datasetLedgers].map((one) => ledgerOf(one, showsText(request)))}</div>
${lossTable([...losses, ...sample.skipped])}
</section>`;
}

/** A few of what was lost of each reason, by where they are. */
function lossTable(losses: ReportInput['losses']): Markup | string {
  if (losses.length === 0) return '';
  const unique = new Set(losses.map(({ kind, reason }) => `${kind} ${reason}`)).size;
  return html`<details class="examples"><summary>Some of what was lost, for each of ${counted(unique, 'reason')}</summary>${table(
    'Examples of losses',
    ['Reason', 'Lost', 'Where', 'What was found', 'Example and turn'],
    losses.map(({ kind, reason, key, offset, row, detail, example_id, turn_id }) => [
      reasonInWords(reason),
      kind === 'item' ? 'trace item' : kind === 'pair' ? 'possible pair' : 'candidate',
      html`<bdi>${key}</bdi> at ${row === undefined ? `byte ${offset ?? 0}` : `row ${row}`}`,
      detail ?? '–',
      html`<bdi>${[example_id, turn_id].filter((id) => id !== null).join(', ') || '–'}</bdi>`,
    ]),
    { most: 180 },
  )}<p class="quiet">All items and candidates are in rejected.jsonl beside this report.</p></details>`;
}

/** `links`: the page has pairs to lead to. */
function ledgerOf({ title, total, branches, onBoth = 0, unaccounted }: Account, links: boolean): Markup {
  const rows = branches.map(
    ({ name, count: part, kept, link }) =>
      html`<tr class="${part === 0 ? 'none' : kept ? 'kept' : 'lost'}"><th scope="row">${links && link !== undefined && part > 0 ? html`<a href="${link}">${name}</a>` : name}</th><td class="number">${count(part)}</td><td class="number share">${percent(part, total)}</td></tr>`,
  );
  const verdict =
    unaccounted === 0
      ? html`<p class="verdict">The parts add up to ${count(total)}${onBoth > 0 && `; ${counted(onBoth, 'pair')} is on both sides`}.</p>`
      : html`<p class="verdict wrong">The parts differ from the total by ${count(Math.abs(unaccounted))}: please report this.</p>`;
  return html`<div class="ledger"><h3>${title} <span class="figure">${count(total)}</span></h3><table><caption class="unseen">${title}: where they went</caption><thead class="unseen"><tr><th scope="col">Outcome</th><th scope="col">Count</th><th scope="col">Share</th></tr></thead><tbody>${rows}</tbody></table>${verdict}</div>`;
}

/** More shards than this share a bar with their neighbours: a shard each is no longer to be told apart. */
const MOST_BARS = 120;

export function shardFigure({ shards }: ReportInput): Markup {
  const perBar = Math.max(1, Math.ceil(shards.length / MOST_BARS));
  const bars = Array.from({ length: Math.ceil(shards.length / perBar) }, (_, index) => {
    const together = shards.slice(index * perBar, (index + 1) * perBar);
    const first = together[0]?.ordinal ?? 0;
    const last = together.at(-1)?.ordinal ?? first;
    return {
      value: together.reduce((most, shard) => Math.max(most, shard.seconds), 0),
      name: first === last ? `shard ${first}` : `slowest of shards ${first} to ${last}`,
      middle: count(first),
    };
  });
  const spent = shards.reduce((sum, shard) => sum + shard.seconds, 0);
  const read = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const slowest = [...shards].sort((a, b) => b.seconds - a.seconds || a.ordinal - b.ordinal);
  return figure({
    title: 'Shards by time',
    says: `${counted(shards.length, 'shard')} took ${seconds(spent)}${shards.length === 1 ? '' : ' together'} for ${bytes(read)} of traces${spent > 0 ? `, ${bytes(Math.round(read / spent))} a second per shard` : ''}.${perBar > 1 ? ` A bar is the slowest of ${perBar}.` : ''}`,
    draw: barChart({ bars, xTitle: 'shard', yTitle: 'wall time', label: 'Wall time of each shard', written: seconds }),
    table: table(
      'Shards, slowest first',
      ['Shard', 'Time', 'Items', 'Pairs', 'Bytes'],
      slowest.map((shard) => [
        count(shard.ordinal),
        seconds(shard.seconds),
        count(shard.items),
        count(shard.pairs),
        bytes(shard.bytes),
      ]),
      { numbers: [0, 1, 2, 3, 4] },
    ),
  });
}

/** What each dataset format wrote; nothing where the run has none. */
export function formatSection({ selections, formats, datasets, tokens, request }: ReportInput): Markup | string {
  const account = accountForDatasets({ selections, formats, datasets });
  if (account.formats.length === 0) return '';
  const wrong = account.formats.filter(({ unaccounted }) => unaccounted !== 0);
  return html`<section id="formats" aria-labelledby="formats-title">
<h2 id="formats-title">What each format wrote</h2>
<p class="lede">Of the pairs of training and validation, each format writes those that it can hold. The others are counted by reason.</p>
${table(
  'Dataset formats',
  ['Format', 'Pairs', 'Written', 'Training lines', 'Validation lines', 'Left out', 'Prompts'],
  account.formats.map(({ name, selected, leftOut, pairs, training, validation }) => [
    html`<code>${name}</code>`,
    ...[selected, pairs, training, validation].map(count),
    leftOut.length === 0
      ? '–'
      : html`${leftOut.map((loss, at) => [at > 0 && ', ', nameLoss(loss, showsText(request))])}`,
    PROMPTS[formats[name]?.prompt_style ?? 'other'],
  ]),
  { numbers: [1, 2, 3, 4] },
)}
${
  wrong.length === 0
    ? html`<p class="verdict">The lines of each format add up to its pairs.</p>`
    : html`<p class="verdict wrong">The lines of ${wrong.map(({ name }) => name).join(', ')} differ from the pairs: please report this.</p>`
}
${tokens && tokenTable(tokens)}
</section>`;
}

function nameLoss({ reason, count: lost, of }: FormatLoss, links: boolean): Markup {
  const words = reasonInWords(reason);
  const name = links ? html`<a href="#reason=${reason}">${words}</a>` : words;
  return html`${name} ${of === 'pair' ? count(lost) : counted(lost, 'answer')}`;
}

const PROMPTS = { chat: 'messages, templated by the trainer', text: 'plain text', other: '–' } as const;

/** How long the pairs are for the model. */
function tokenTable(tokens: TokenFacts): Markup {
  const past = pastTrlLength(tokens);
  const rows = tokens.bins
    .map((pairs, at): [string, number] => [tokenRange(at), pairs])
    .filter(([, pairs]) => pairs > 0)
    .map(([range, pairs]) => [range, count(pairs), percent(pairs, tokens.pairs)]);
  return html`<h3>Tokens</h3>
<p>The counts are for the longer side of each pair, with its prompt. The longest has ${count(tokens.longest)}, the longest prompt ${count(tokens.longest_prompt)}. ${counted(past, 'pair')} ${past === 1 ? 'has' : 'have'} more than 1,024, which is TRL’s <code>max_length</code> unless you set it.${tokens.uncounted > 0 && ` The chat template does not take ${counted(tokens.uncounted, 'pair')}.`}</p>
${table('Pairs by tokens', ['Tokens', 'Pairs', 'Share'], rows, { numbers: [1, 2] })}`;
}

function tokenRange(bin: number): string {
  const [least, most] = [TOKEN_EDGES[bin - 1] ?? 0, TOKEN_EDGES[bin]];
  return most === undefined ? `more than ${count(least)}` : `${count(least + 1)} to ${count(most)}`;
}

export function settingsSection(input: ReportInput): Markup {
  const { request, inputs, files, code_version, started_at, totals } = input;
  const read = inputs.reduce((sum, { bytes: size }) => sum + size, 0);
  const settings = settingRows(request).filter(({ name }) => name !== 'run_id');
  return html`<section id="settings" aria-labelledby="settings-title">
<h2 id="settings-title">Settings, inputs and files</h2>
<p class="lede">Version ${code_version || 'unknown'}${started_at !== null && html`, first shard started <time datetime="${started_at}">${started_at.slice(0, 19).replace('T', ' ')} UTC</time>`}. Read ${bytes(read)} in ${counted(inputs.length, 'trace file')}${totals.bytes > read && `, ${bytes(totals.bytes)} uncompressed`}.</p>
<div class="halves">
<div><h3>Settings</h3>${table(
    'Settings of the run',
    ['Setting', 'Value'],
    settings.map(({ name, value }) => [html`<code>${name}</code>`, html`<code>${value}</code>`]),
    { most: 400 },
  )}</div>
<div><h3>Files of this run</h3>${table(
    'Files of this run',
    ['File', 'Lines', 'Size'],
    files.map(({ path, lines, bytes: size }) => [
      html`<a href="./${path.split('/').map(encodeURIComponent).join('/')}">${path}</a>`,
      lines === null ? '–' : count(lines),
      bytes(size),
    ]),
    { numbers: [1, 2], most: 200 },
  )}
<h3>Inputs, pinned</h3>${table(
    'Trace files read, with their versions',
    ['File', 'Version', 'Size'],
    inputs.map(({ bucket, key, version, etag, bytes: size }) => [
      html`<bdi class="path">${bucket === '' || bucket.endsWith('/') ? bucket : `${bucket}/`}${key}</bdi>`,
      html`<code class="path">${version ?? etag}</code>`,
      bytes(size),
    ]),
    { numbers: [2], most: 100 },
  )}</div>
</div>
</section>`;
}

export function headSection(input: ReportInput): Markup {
  const { run_id, totals, request, unit, warnings } = input;
  const account = accountForDatasets(input);
  const skipped = totals.possible_pairs - totals.total_pairs;
  const { builder } = request;
  const tiles: [string, number, string][] = [
    ['Preference pairs', totals.total_pairs, `${percent(totals.total_pairs, totals.possible_pairs)} of possible`],
    ['Examples', totals.total_examples, `of ${counted(totals.total_items, 'trace item')}`],
    ['Turns', totals.total_turns, `${average(totals.total_candidates, totals.total_turns)} candidates each`],
    ['Candidates', totals.total_candidates, `${count(totals.matching_steps - totals.total_candidates)} rejected`],
    ...account.selections.map(({ view, selected, training, validation }): [string, number, string] => [
      account.selections.length === 1
        ? 'In the dataset'
        : view === 'whole'
          ? 'With whole prompts'
          : 'With last messages',
      selected,
      `${count(training)} training, ${count(validation)} validation`,
    ]),
  ];
  return html`<header class="masthead">
<p class="kicker">Preference data report</p>
<h1><bdi>${run_id}</bdi></h1>
<p class="lede">${counted(totals.total_pairs, 'preference pair')} from ${counted(totals.total_examples, 'example')}, built ${unit === null && html`from steps named <code>${builder.ttc_step_name}</code> `}under <code>${builder.compatibility}</code> rules${builder.exhaustive_pairs ? '' : ', best against worst of each turn'}. ${skipped > 0 && `${counted(skipped, 'possible pair')} ${skipped === 1 ? 'was' : 'were'} left out.`}</p>
<dl class="tiles">${tiles.map(([name, value, beside]) => html`<div><dt>${name}</dt><dd><span class="big">${count(value)}</span> <span class="quiet">${beside}</span></dd></div>`)}</dl>
${warningList(warnings, request)}
</header>`;
}

function warningList(warnings: readonly string[], request: ReportInput['request']): Markup | string {
  if (warnings.length === 0) return '';
  const title = html`<h2>${counted(warnings.length, 'warning')}</h2>`;
  if (!showsText(request)) {
    return html`<aside class="warnings" aria-label="Warnings">${title}<p>They may quote the traces, so they are in the manifest alone.</p></aside>`;
  }
  const more = warnings.length > 20 && html`<p>The first 20 of ${warnings.length}; all are in the manifest.</p>`;
  return html`<aside class="warnings" aria-label="Warnings">${title}<ul>${warnings.slice(0, 20).map((text) => html`<li>${text.slice(0, 600)}</li>`)}</ul>${more}</aside>`;
}
