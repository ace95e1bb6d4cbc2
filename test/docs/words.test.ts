import { expect, test } from 'vitest';
import { PAGES, type Page } from './pages.ts';

/** Words with a letter or a digit, outside of fenced blocks. */
function countWords({ text }: Page): number {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return prose.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

const MOST = 9000;

test('README.md and docs/, generated pages included, are short enough to be read', () => {
  const counts = Object.fromEntries(PAGES.map((page) => [page.path, countWords(page)]));
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  expect(all, JSON.stringify(counts, null, 2)).toBeLessThanOrEqual(MOST);
});

test('words in fenced blocks, and what has no letter or digit, do not count', () => {
  expect(countWords({ path: '', text: 'One, two — `three`\n\n```sh\nnpm ci\n```\n\n| 4 | — |\n' })).toBe(4);
});
