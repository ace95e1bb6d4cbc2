import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reportAssets } from '../../scripts/make-report-assets.ts';

test('the embedded style and script are those of lib/report/page (after an edit: npm run prepare)', () => {
  expect(readFileSync(new URL('../../lib/report/assets.ts', import.meta.url), 'utf8')).toBe(reportAssets());
});

test('the page script type-checks against the DOM', () => {
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  const page = fileURLToPath(new URL('../../lib/report/page/', import.meta.url));
  execFileSync(tsc, ['--noEmit', '-p', page], { stdio: 'pipe' });
});
