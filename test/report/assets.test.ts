import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

const page = new URL('../../lib/report/page/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, page), 'utf8');

/** A bundler carries modules, not files beside them, so the page's style and script are a module as well. */
test('the embedded style and script are those of lib/report/page (after an edit: npx vitest run test/report/assets.test.ts -u)', async () => {
  await expect(assetsModule()).toMatchFileSnapshot('../../lib/report/assets.ts');
});

test('the page script type-checks against the DOM', () => {
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  execFileSync(tsc, ['--noEmit', '-p', fileURLToPath(page)], { stdio: 'pipe' });
});

function assetsModule(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('pair-browser.js', page))],
    bundle: true,
    format: 'iife',
    // A browser of 2021 will do.
    target: 'es2021',
    minify: true,
    write: false,
    banner: {
      js: `/*! With parts of jsdiff (npm: diff), which comes under this licence:\n\n${licenceOf('diff')}*/`,
    },
  });
  const script = outputFiles[0]?.text ?? '';
  return `// Made from page/report.css and page/pair-browser.js by test/report/assets.test.ts; edit those.

export const style = ${literal(text('report.css'))};

export const pairBrowser = ${literal(script)};
`;
}

const licenceOf = (name: string): string =>
  readFileSync(new URL(`../../node_modules/${name}/LICENSE`, import.meta.url), 'utf8');

const literal = (source: string): string => `\`${source.replace(/[\\`]|\$\{/g, (found) => `\\${found}`)}\``;
