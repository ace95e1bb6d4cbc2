import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shortLabel } from '../../lib/report/excerpt.ts';
import type { PairFate, ReportInput } from '../../lib/report/input.ts';
import { renderReport } from '../../lib/report/render.ts';
import { chromiumPath, HOW_TO_GET_CHROMIUM } from './chromium.ts';
import { groupOf, HOSTILE, hostileReport, reportOf, ticTacToe } from './fixture.ts';

const executablePath = chromiumPath();
const inCi = process.env.CI === 'true';
if (executablePath === null && !inCi) process.stderr.write(`\n!!! ${HOW_TO_GET_CHROMIUM}\n\n`);

describe.skipIf(executablePath === null && !inCi)('the report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let requests: string[];

  beforeAll(async () => {
    if (executablePath === null) throw new Error(HOW_TO_GET_CHROMIUM);
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: false });
    page = await context.newPage();
    complaints = [];
    requests = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
  });
  afterEach(async () => {
    await context.close();
  });

  async function open(input: ReportInput): Promise<string> {
    const file = join(folder, 'report.html');
    writeFileSync(file, renderReport(input));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return url;
  }

  const found = () => page.getByRole('status').textContent();
  const isFocused = (text: string) => page.evaluate(`document.activeElement?.textContent === '${text}'`);
  const cards = () => page.getByRole('article');

  test('renders every section and asks for nothing but itself', async () => {
    const url = await open(await reportOf(ticTacToe()));
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('tic-tac-toe');
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Where every candidate went',
      'What is in the collection',
      'The pairs themselves',
      'Settings, inputs and files',
    ]);
    expect(await page.locator('svg:visible').count()).toBe(7);
    expect(await cards().count()).toBe(10);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
  });

  test('filters by text, sample, example and margin, says how many are left, and clears', async () => {
    const groups = ['alpha', 'beta'].map((example, place) =>
      groupOf(
        example,
        Array.from({ length: 15 }, (_, index) => ({
          chosen: `yes ${example} ${index === 3 ? 'Needle' : 'hay'}`,
          rejected: 'no',
          margin: place + index / 100,
        })),
      ),
    );
    await open(await reportOf(groups));
    expect(await found()).toBe('30 pairs, 10 shown.');
    await page.getByRole('button', { name: 'Show more' }).click();
    expect(await cards().count()).toBe(20);
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('ARTICLE');
    await page.getByLabel('Search').fill('needle');
    expect(await found()).toBe('2 of 30 sampled pairs, 2 shown.');
    await page.getByRole('combobox', { name: 'Example' }).selectOption('beta');
    expect(await found()).toBe('1 of 30 sampled pair, 1 shown.');
    expect(await cards().first().textContent()).toContain('yes beta Needle');
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(found).toBe('30 pairs, 10 shown.');
    await page.getByLabel('Margin from').fill('0.05');
    await page.getByLabel('Margin to').fill('0.075');
    expect(await found()).toBe('3 of 30 sampled pairs, 3 shown.');
    await page.getByRole('combobox', { name: 'Sample' }).selectOption('narrowest');
    expect(await cards().first().locator('dd').first().textContent()).toBe('0.05');
    await page.getByLabel('Search').fill('nowhere at all');
    expect(await found()).toBe('No sampled pair matches.');
    expect(complaints).toEqual([]);
  });

  test('marks the words that stand on one side only, and shows both texts whole', async () => {
    const [chosen, rejected] = ['Go to the left corner now', 'Go to the right edge now'];
    await open(await reportOf([groupOf('e', [{ chosen, rejected }])]));
    const sides = page.locator('.side');
    expect(await sides.locator('.text').allTextContents()).toEqual([chosen, rejected]);
    expect(await sides.locator('mark').allTextContents()).toEqual(['left corner', 'right edge']);
  });

  test('shows a conversation message by message, its calls apart, and marks the words that differ in each', async () => {
    const prompt = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Where is it?' },
    ];
    const [group] = [groupOf('e', [{ prompt, chosen: '', rejected: '' }])];
    const call = (at: string) => ({
      ...{ role: 'assistant', content: 'I look.' },
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: `{"at":"${at}"}` } }],
    });
    const result = { role: 'tool', tool_call_id: 'c1', content: 'a wall' };
    for (const { episode, metadata } of group.trajectories) {
      episode[0].chosen_response = [call('left'), result, { role: 'assistant', content: 'It is on the left.' }];
      episode[0].rejected_response = [call('right'), result, { role: 'assistant', content: 'It is on the right.' }];
      metadata.tools = [{ type: 'function', function: { name: 'look' } }, { name: 'go' }];
    }
    await open(await reportOf([group]));
    const chosen = page.locator('.side.chosen');
    expect(await chosen.locator('.role').allTextContents()).toEqual(['assistant', 'tool', 'assistant']);
    expect(await chosen.locator('.label').allTextContents()).toEqual(['calls look (c1)', 'tool_call_id']);
    expect(await chosen.locator('.text').allTextContents()).toEqual([
      'I look.',
      '{"at":"left"}',
      'a wall',
      'c1',
      'It is on the left.',
    ]);
    expect(await chosen.locator('mark').allTextContents()).toEqual(['left', 'left']);
    expect(await page.locator('.side.rejected mark').allTextContents()).toEqual(['right', 'right']);
    expect(await page.locator('.prompt').textContent()).toContain('Tools offered: look, go');
    expect(await page.locator('.prompt .role').allTextContents()).toEqual(['system', 'user']);
  });

  describe('with the fates of its pairs', () => {
    const fates: PairFate[][] = [
      [{ is: 'training', formats: ['trl'] }],
      [{ is: 'validation', formats: ['trl'] }],
      [{ is: 'duplicate', formats: ['trl'] }],
      [
        { is: 'training', formats: ['trl'] },
        { is: 'tool_calls', formats: ['axolotl'] },
      ],
    ];
    const withFates = async () => {
      const parts = fates.map((_, index) => ({ chosen: `answer ${index}`, rejected: 'no', margin: (index + 1) / 10 }));
      const input = await reportOf([groupOf('e', parts)]);
      const sampled_pairs = input.sample.sampled_pairs.map((pair) => ({
        ...pair,
        fates: fates[pair.number - 1] ?? [],
      }));
      return { ...input, sample: { ...input.sample, sampled_pairs } };
    };
    const shown = async () => (await cards().locator('h3 a').allTextContents()).toSorted();

    test('says what became of each pair, and filters by the side of the split and by the reason', async () => {
      await open(await withFates());
      await page.getByLabel('Side of the split').selectOption('training');
      expect(await shown()).toEqual(['Pair 1', 'Pair 4']);
      expect(await cards().filter({ hasText: 'Pair 4' }).locator('.fates').textContent()).toBe(
        'training (trl)left out: tool calls (axolotl)',
      );
      await page.getByLabel('Side of the split').selectOption('left_out');
      expect(await shown()).toEqual(['Pair 3', 'Pair 4']);
      expect(await page.getByLabel('Left out for').locator('option').allTextContents()).toEqual([
        'any reason',
        'duplicate (1)',
        'tool calls (1)',
      ]);
      await page.getByLabel('Left out for').selectOption('duplicate');
      expect(await shown()).toEqual(['Pair 3']);
      expect(complaints).toEqual([]);
    });

    test('keeps the filters in the address, and links to each pair', async () => {
      const url = await open(await withFates());
      await page.getByLabel('Side of the split').selectOption('training');
      await page.getByLabel('Margin from').fill('0.2');
      // The browser reports a new address a moment later.
      await expect.poll(() => page.url()).toBe(`${url}#side=training&from=0.2`);
      await page.reload();
      expect(await shown()).toEqual(['Pair 4']);
      expect(await page.getByLabel('Side of the split').inputValue()).toBe('training');
      await page.goto(`${url}#reason=duplicate`);
      expect(await shown()).toEqual(['Pair 3']);
      await page.getByRole('link', { name: 'Pair 3' }).click();
      await expect.poll(() => page.url()).toBe(`${url}#pair=3`);
      await expect.poll(found).toBe('Pair 3 alone. Clear shows the others.');
      expect(await page.evaluate('document.activeElement?.textContent')).toContain('Pair 3');
      await page.getByRole('button', { name: 'Clear' }).click();
      await expect.poll(found).toBe('4 pairs, 4 shown.');
      await expect.poll(() => page.url()).toBe(`${url}#pairs`);
      await page.goto(`${url}#pair=99`);
      await expect.poll(found).toContain('Pair 99 is not in the sample');
      await page.goto(`${url}#settings`);
      expect(await found()).toContain('Pair 99');
      expect(complaints).toEqual([]);
      expect(requests.filter((request) => !request.startsWith(url))).toEqual([]);
    });
  });

  test('says what is cut and what cannot be compared', async () => {
    const chosen = Array.from({ length: 1000 }, (_, index) => `a${index}`).join(' ');
    const rejected = Array.from({ length: 3000 }, (_, index) => `b${index}`).join(' ');
    await open(await reportOf([groupOf('e', [{ chosen, rejected }])]));
    expect(await page.locator('.side .cut').allTextContents()).toEqual([
      `Cut: the first 6000 of ${rejected.length} characters.`,
    ]);
    expect(await page.locator('mark').count()).toBe(0);
    expect(await cards().textContent()).toContain('no sentence in common');
    expect(await page.locator('.side .text').first().getAttribute('tabindex')).toBe('0');
  });

  test('marks whole sentences of long answers that differ in most words', async () => {
    const sentences = (name: string) =>
      Array.from({ length: 60 }, (_, index) =>
        index % 20 === 0 ? `They agree on ${index}. ` : `${`${name}${index} `.repeat(6)}ends. `,
      );
    const [chosen, rejected] = [sentences('a'), sentences('b')];
    await open(await reportOf([groupOf('e', [{ chosen: chosen.join(''), rejected: rejected.join('') }])]));
    const marks = await page.locator('.side.chosen mark').allTextContents();
    expect(marks).toEqual([1, 21, 41].map((from) => chosen.slice(from, from + 19).join('')));
    expect(await cards().textContent()).toContain('Whole sentences are marked');
  });

  test('keeps hostile text as text, wherever it stands', async () => {
    const input = await hostileReport();
    const url = await open(input);
    const [first = ''] = HOSTILE;
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(first);
    for (const [index, text] of HOSTILE.entries()) {
      await page.getByRole('combobox', { name: 'Example' }).selectOption({ value: text });
      expect(await cards().locator('.side .text').first().textContent(), `text ${index}`).toBe(
        `${text} better ${text}`,
      );
      expect(await cards().locator('.role').first().textContent(), `role ${index}`).toBe(shortLabel(text));
    }
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('main :is(img, iframe, object, style), main [onerror], main [onload]').count()).toBe(0);
    const links = await page.locator('main a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    expect(links.filter((href) => !/^(?:\.\/|#pair=\d+$)/.test(href))).toEqual([]);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
  });

  test('would run nothing of a trace even if it were not escaped', async () => {
    const file = join(folder, 'injected.html');
    const html = renderReport(await reportOf(ticTacToe()));
    writeFileSync(
      file,
      html.replace('</main>', '<script>window.hacked = 1</script><img src=x onerror="window.hacked=1"></main>'),
    );
    await page.goto(pathToFileURL(file).href);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(complaints.join('\n')).toContain('Content Security Policy');
  });

  test('is 320 px wide without scrolling sideways', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = groupOf('x'.repeat(500), [{ chosen: 'y'.repeat(500), rejected: 'z'.repeat(500) }]);
    for (const input of [
      await reportOf(ticTacToe()),
      await hostileReport(),
      await reportOf([wide]),
      await reportOf([]),
    ]) {
      await open(input);
      await page.locator('details').evaluateAll((all) => all.map((details) => details.setAttribute('open', '')));
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    }
    expect(complaints).toEqual([]);
  });

  test('prints what is shown, whole and without what is for clicking', async () => {
    const long = 'One word after another. '.repeat(200);
    await open(await reportOf([groupOf('e', [{ chosen: long, rejected: `${long}And more.` }])]));
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('nav, #filters, #more, .as-table').filter({ visible: true }).count()).toBe(0);
    const cut = await page
      .locator('.text')
      .evaluateAll((all) => all.filter((text) => text.scrollHeight > text.clientHeight + 1).length);
    expect(cut).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
  });

  test.each(['light', 'dark'] as const)('passes axe in %s, its tables opened', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open(await reportOf(ticTacToe(), { warnings: ['Look here.'] }));
    await page.locator('details').evaluateAll((all) => all.map((details) => details.setAttribute('open', '')));
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  test('is used with the keyboard alone', async () => {
    await open(await reportOf(ticTacToe()));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to the report');
    await page.getByLabel('Search').focus();
    await page.keyboard.type('nothing like this');
    expect(await found()).toBe('No sampled pair matches.');
    await page.keyboard.press('Enter');
    expect(await found()).toBe('No sampled pair matches.');
    for (let presses = 0; presses < 7 && !(await isFocused('Clear')); presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await expect.poll(found).toContain('10 shown');
  });
});
