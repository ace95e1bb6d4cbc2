import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** README.md and everything in docs/. */
export const PAGES: readonly Page[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export const blocksOf = ({ text }: Page): Block[] =>
  [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```/gm)].map(([, language = '', block = '']) => ({ language, text: block }));

/** The lines of a page's blocks in a language, one after the other. */
export const linesIn = (page: Page, language: string): string =>
  blocksOf(page)
    .filter((block) => block.language === language)
    .map(({ text }) => text)
    .join('\n');

/** Blocks of commands (`bash`), each with the output that the block after it shows, if one does. */
export function shownOutputs(page: Page): { readonly commands: string; readonly output: string | undefined }[] {
  const blocks = blocksOf(page);
  return blocks.flatMap(({ language, text }, place) => {
    if (language !== 'bash') return [];
    const next = blocks[place + 1];
    return [{ commands: text, output: next?.language === '' ? next.text : undefined }];
  });
}

/** All that is written as a command of ours: `dpo …` and `npm …`, in blocks and within sentences, a line each. */
export function commandLines(page: Page): string[] {
  const prose = page.text.replace(/^```[\s\S]*?^```/gm, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const lines = ['bash', 'sh'].flatMap((language) => linesIn(page, language).split('\n'));
  return [...lines, ...inline]
    .flatMap((line) => line.replace(/ +# .*$/, '').split(' && '))
    .filter((line) => /^(dpo|npm) \S/.test(line));
}
