import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

// Makes lib/report/assets.ts of the report's style and script: a bundler carries modules, not files beside them. `npm ci`
// runs it; after an edit of lib/report/page: `npm run prepare`.

const page = new URL('../lib/report/page/', import.meta.url);

/** The module's text. */
export function reportAssets(): string {
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
  return `// Made from page/report.css and page/pair-browser.js by scripts/make-report-assets.ts; edit those.

export const style = ${literal(readFileSync(new URL('report.css', page), 'utf8'))};

export const pairBrowser = ${literal(script)};
`;
}

const licenceOf = (name: string): string =>
  readFileSync(new URL(`../node_modules/${name}/LICENSE`, import.meta.url), 'utf8');

const literal = (source: string): string => `\`${source.replace(/[\\`]|\$\{/g, (found) => `\\${found}`)}\``;

if (import.meta.main) writeFileSync(new URL('../lib/report/assets.ts', import.meta.url), reportAssets());
