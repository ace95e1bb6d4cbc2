import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKEN_EDGES } from '../../lib/contract/dataset-result.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { escapeHtml, html } from '../../lib/report/html.ts';
import type { ReportInput } from '../../lib/report/input.ts';
import { renderReport } from '../../lib/report/render.ts';
import { settingRows } from '../../lib/report/settings.ts';
import { groupOf, HOSTILE, hostileReport, reportOf, ticTacToe } from './fixture.ts';

const MOST_BYTES = 3_000_000;

/** The page without its style, data and script. */
const drawn = (page: string) => page.slice(page.indexOf('<body'), page.indexOf('<script'));

/** A dataset of the 150 pairs of the tic-tac-toe games, as these formats wrote it. */
function datasetOf(formats: ReportInput['formats']): Pick<ReportInput, 'selections' | 'datasets'> {
  const file = (lines: number) => ({ key: 'k', bytes: 1, checksum: { algorithm: 'CRC32' as const, value: '' }, lines });
  const balance = { length: null, margin: null, pairs_per_example: null, pairs_per_turn: null };
  return {
    selections: {
      whole: {
        ...{ collected_pairs: 180, collected_length: null, balance },
        ...{ duplicate_pairs: 20, contradictory_pairs: 4, sampled_out_pairs: 5, leaking_validation_pairs: 1 },
        ...{ training: { pairs: 110, examples: 3 }, validation: { pairs: 40, examples: 1 } },
      },
    },
    datasets: Object.fromEntries(
      Object.entries(formats).map(([name, { lines }]) => [
        name,
        { training: file(lines - 40), validation: file(40), 'README.md': file(9) },
      ]),
    ),
  };
}

describe('a rendered report', () => {
  test('is the same text for the same input', async () => {
    expect(renderReport(await reportOf(ticTacToe()))).toBe(renderReport(await reportOf(ticTacToe())));
  });

  test('holds no markup from any text of a run, and no line or element end in its data', async () => {
    const page = renderReport(await hostileReport());
    for (const text of HOSTILE.filter((candidate) => candidate.includes('<'))) expect(page).not.toContain(text);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img|<svg onload|<!--|<[a-z][^>]*\son\w+=/);
    const embedded =
      page.match(/<script type="application\/json" id="pairs-json">(.*)<\/script>\n<script>/s)?.[1] ?? '';
    expect(embedded).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(embedded).pairs).toHaveLength(HOSTILE.length);
  });

  test('says so where only a part of the collection was looked at', async () => {
    const whole = await reportOf(ticTacToe());
    const part = { ...whole, totals: { ...whole.totals, total_pairs: 1_000_000 } };
    expect(drawn(renderReport(whole))).not.toContain('evenly spaced');
    expect(drawn(renderReport(part))).toContain(`${whole.sample.pairs} pairs of 1,000,000.`);
    const shards = Array.from({ length: 100 }, (_, ordinal) => ({ seconds: 1, items: 1, pairs: 1, bytes: 1, ordinal }));
    expect(drawn(renderReport({ ...part, shards }))).toContain('32 of its 100 shards, evenly spaced');
  });

  test('says what each format wrote, and what it left out by reason', async () => {
    const formats = {
      trl: { view: 'whole' as const, pairs: 150, lines: 150, left_out: {}, prompt_style: 'chat' as const },
      axolotl: {
        ...{ view: 'whole' as const, pairs: 120, lines: 120, prompt_style: null },
        left_out: { tool_calls: 28, white_space: 2 },
      },
    };
    const page = drawn(renderReport(await reportOf(ticTacToe(), { formats, ...datasetOf(formats) })));
    expect(page).toContain('messages, templated by the trainer');
    expect(page.replaceAll(/<[^>]+>/g, '')).toContain('tool calls 28, white space 2');
    expect(page).toContain('<a href="#reason=tool_calls">');
    expect(page).toContain('The lines of each format add up');
    const wrong = { ...formats, trl: { ...formats.trl, left_out: { role: 1 } } };
    const flawed = drawn(renderReport(await reportOf(ticTacToe(), { formats: wrong, ...datasetOf(formats) })));
    expect(flawed).toContain('The lines of trl differ from the pairs: please report this');
    expect(drawn(renderReport(await reportOf(ticTacToe())))).not.toContain('What each format wrote');
  });

  test('allows its own style and script by their hash, and nothing else', async () => {
    const page = renderReport(await reportOf(ticTacToe()));
    const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const hashes = [/<style>(.*?)<\/style>/s, /<script>(.*?)<\/script>/s].map((element) =>
      createHash('sha256')
        .update(page.match(element)?.[1] ?? '')
        .digest('base64'),
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src 'sha256-${hashes[0]}'`);
    expect(policy).toContain(`script-src 'sha256-${hashes[1]}'`);
    expect(policy).not.toContain('unsafe');
    expect(page).not.toMatch(/\sstyle=|https?:\/\//);
  });

  test.each([
    ['long texts', 'word and another '],
    ['characters that JSON writes in six bytes each', '<>&<>&'],
    ['characters of three bytes each', '字典'],
  ])('stays under 3 MB with nothing but %s', async (_name, text) => {
    const long = text.repeat(10_000);
    const groups = Array.from({ length: 12 }, (_, group) =>
      groupOf(
        `example-${group}`,
        Array.from({ length: 30 }, (_pair, index) => ({
          prompt: Array.from({ length: 60 }, () => ({
            role: 'user',
            content: `${group} ${index} ${long.slice(0, 2000)}`,
          })),
          chosen: `${group} ${index} ${long}`,
          rejected: `${index} ${group} ${long}${long}`,
          margin: (group * 30 + index) / 360,
        })),
      ),
    );
    expect(Buffer.byteLength(renderReport(await reportOf(groups)))).toBeLessThan(MOST_BYTES);
  });

  test('stays under 3 MB with nothing but long ids, roles and names, and then shows fewer pairs and says so', async () => {
    const hostile = '<>&'.repeat(400);
    const prompt = Array.from({ length: 60 }, (_, index) => ({
      role: hostile,
      content: 'x',
      [`${hostile}${index}`]: 1,
    }));
    const groups = Array.from({ length: 240 }, (_, group) =>
      groupOf(`${group} ${hostile}`, [
        { turn: hostile, prompt: prompt.map((one) => ({ ...one, content: `${group}` })), chosen: 'a', rejected: 'b' },
      ]),
    );
    const page = renderReport(await reportOf(groups));
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES);
    const shown = (page.match(/"number":/g) ?? []).length;
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(240);
    expect(page).toContain(`${shown} of 240 pairs`);
  });

  test('says so when nothing flowed and nothing was collected', async () => {
    const empty = await reportOf([]);
    const totals = {
      ...empty.totals,
      matching_steps: 0,
      total_candidates: 0,
      possible_pairs: 0,
      rejected_candidates: {},
    };
    const page = renderReport({ ...empty, totals: { ...totals, skipped_tie: 0, skipped_identical: 0 } });
    expect(page).toContain('No step of the traces is a candidate');
    expect(page).toContain('The collection is empty');
    expect(drawn(page)).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('names every loss, and says when the counters do not add up', async () => {
    const input = await reportOf(ticTacToe());
    const page = renderReport(input);
    for (const loss of [
      'empty response',
      'score missing',
      'equal scores',
      'the same answer on both sides',
      'without a candidate',
    ]) {
      expect(page).toContain(loss);
    }
    expect(page).not.toContain('please report this');
    const lost = renderReport({
      ...input,
      totals: { ...input.totals, possible_pairs: input.totals.possible_pairs + 7 },
    });
    expect(lost).toContain('unaccounted for');
    expect(lost).toContain('differ from the total by 7');
  });

  test('shows where each collected pair went: to a side of the dataset, or out for a reason', async () => {
    const page = drawn(renderReport(await reportOf(ticTacToe(), datasetOf({}))));
    for (const [name, count] of [
      ['Training', 110],
      ['Validation', 40],
      ['duplicates: the same prompt and answers as an earlier pair', 20],
      ['contradictions: preferred both ways', 4],
      ['not sampled: past dataset.max_pairs', 5],
      ['leaks: drawn for validation, and the prompt is in training', 1],
    ]) {
      expect(page).toMatch(new RegExp(`<a href="#\\w+=\\w+">${name}</a></th><td class="number">${count}</td>`));
    }
    expect(page).toContain('The parts add up to 180.');
    expect(page).toContain('>leaks <tspan');
  });

  test('compares lengths before and after choosing, in characters and, where they are counted, in tokens', async () => {
    const { selections } = datasetOf({});
    const collected_length = { mean_chosen: 120, mean_rejected: 80, longer_chosen_rate: 0.75 };
    const length = { mean_chosen: 101.5, mean_rejected: 99, longer_chosen_rate: 0.5, cohens_d: 0.1 };
    const whole = selections.whole && {
      ...selections.whole,
      collected_length,
      balance: { ...selections.whole.balance, length },
    };
    const tokens = {
      ...{ pairs: 10, chosen_sum: 400, rejected_sum: 300, chosen_longer: 6, rejected_longer: 2 },
      ...{ uncounted: 0, bins: TOKEN_EDGES.map(() => 0).concat(10), longest: 90, longest_prompt: 20 },
    };
    const page = drawn(renderReport(await reportOf(ticTacToe(), { selections: { whole }, tokens })));
    const rows = [...page.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row = '']) => row.replaceAll(/<[^>]+>/g, ' ').trim());
    const cells = rows.map((row) => row.split(/ {2,}/));
    expect(cells).toContainEqual(['collected, in characters', '180', '120', '80', '75%']);
    expect(cells).toContainEqual(['training and validation, in characters', '150', '101.5', '99', '50%']);
    expect(cells).toContainEqual(['collected, in tokens with the prompt', '10', '40', '30', '75%']);
    const without = drawn(renderReport(await reportOf(ticTacToe())));
    expect(without).toContain('looked at, in characters');
  });

  test('names a few losses of each reason, by where they are', async () => {
    const loss = {
      kind: 'candidate' as const,
      reason: 'empty_response',
      key: 'a.jsonl',
      detail: 'the answer is empty text',
    };
    const losses = [
      { ...loss, offset: 17, example_id: 'e1', turn_id: 't1' },
      { ...loss, row: 3, kind: 'item' as const, reason: 'truncated', detail: null, example_id: null, turn_id: null },
    ];
    const page = drawn(renderReport(await reportOf(ticTacToe(), { losses }))).replaceAll(/<[^>]+>/g, ' ');
    expect(page).toContain('for each of 2 reasons');
    expect(page).toMatch(/empty response +candidate +a\.jsonl +at byte 17 +the answer is empty text +e1, t1/);
    expect(page).toMatch(/truncated +trace item +a\.jsonl +at row 3 +– +–/);
  });

  test('says what the unit is, and shows margins by turn and by source', async () => {
    const page = drawn(renderReport(await reportOf(ticTacToe(), { unit: 'divergence' })));
    expect(page).toContain('the first messages in which conversations differ');
    expect(page).toMatch(/traces\/workflow_output\.json<\/bdi><\/th><td class="number">150</);
    expect(page).toContain('By turn');
  });

  test('calls out how often the longer answer wins', async () => {
    const group: Group = groupOf('e', [
      { chosen: 'longer', rejected: 'short' },
      { chosen: 'longer', rejected: 'brief' },
      { chosen: 'longer', rejected: 'terse' },
      { chosen: 'short', rejected: 'longer' },
      { chosen: 'equal', rejected: 'alike' },
    ]);
    expect(renderReport(await reportOf([group]))).toContain('<strong>75%</strong>');
  });

  test('hides what is named like a secret', () => {
    expect(settingRows({ training: { hf_token: 'hf_very-secret', nested: { password: 'hunter2' } } })).toEqual([
      { name: 'training.hf_token', value: '(hidden)' },
      { name: 'training.nested.password', value: '(hidden)' },
    ]);
  });

  test('has no broken number in any chart, whatever the margins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }), { minLength: 1, maxLength: 60 }),
        async (margins) => {
          const page = renderReport(
            await reportOf([
              groupOf(
                'e',
                margins.map((margin) => ({ chosen: 'a', rejected: 'b', margin })),
              ),
            ]),
          );
          expect(drawn(page)).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('an HTML template', () => {
  test('lets no text begin an element, an entity or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\0]|&(?!#\d+;)/);
        expect(html`<p title="${text}">${[text, null, false]}</p>`.markup).toBe(
          `<p title="${escapeHtml(text)}">${escapeHtml(text)}</p>`,
        );
      }),
    );
  });
});
