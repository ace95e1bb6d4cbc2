import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES, ROOT } from './pages.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const LINKING = [
  ...PAGES.map(({ path }) => path),
  ...['CHANGELOG.md', 'SECURITY.md', 'test/threats.md', 'test/peers/README.md', 'examples/python/README.md'],
];
const LINKS = LINKING.flatMap((path) =>
  [...withoutBlocks(read(path)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => [path, target] as const),
);

test.each(LINKS)('%s links to %s, which exists', (path, target) => {
  expect(whatIsMissing(path, target)).toBeUndefined();
});

test('the code names only pages and sections that exist', () => {
  const code = ['lib', 'cli', 'infra', 'functions', 'adapters', 'bench', 'scripts', 'test'].flatMap((folder) =>
    filesBelow(folder).flatMap((path) =>
      [...read(path).matchAll(/\b(docs\/[\w-]+\.md(?:#[\w-]+)?)/g)].map(([, target = '']) => [path, target] as const),
    ),
  );
  expect(code.length).toBeGreaterThan(10);
  for (const [path, target] of code) expect([path, whatIsMissing('README.md', target)]).toEqual([path, undefined]);
});

test.each([
  ['README.md', 'docs/no-such-page.md', 'docs/no-such-page.md'],
  ['README.md', 'docs/sources.md#no-such-section', 'docs/sources.md#no-such-section'],
  ['docs/sources.md', '#no-such-section', 'docs/sources.md#no-such-section'],
])('the check finds that %s links to %s in vain', (path, target, missing) => {
  expect(whatIsMissing(path, target)).toBe(missing);
});

/** Sources of ours in a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('links.test.ts'))
    .map((name) => join(folder, name));
}

/** The file or section that a link leads to, if there is none. */
function whatIsMissing(path: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const page = file === '' ? path : normalize(join(dirname(path), file));
  if (!existsSync(join(ROOT, page))) return page;
  if (anchor === undefined || anchorsOf(read(page)).has(anchor)) return undefined;
  return `${page}#${anchor}`;
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set(
    [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}
