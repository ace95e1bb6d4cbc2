import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fillPlaces, PAGES, PLACE } from '../../bench/pages/fill-pages.ts';
import { readResults } from '../../bench/results.ts';
import { ROOT } from './pages.ts';

describe.each(PAGES)('$path', ({ path, places }) => {
  const text = readFileSync(join(ROOT, path), 'utf8');

  test('shows the figures of bench/results.json; `npm run bench -- --only pages` writes them', () => {
    expect(text).toBe(fillPlaces(text, places(readResults())));
  });

  test('has a place for everything that the benchmark writes there', () => {
    const named = new Set([...text.matchAll(PLACE)].map(([, name]) => name));
    expect([...named].sort()).toEqual(Object.keys(places(readResults())).sort());
  });

  test('has no measured figure outside of these places', () => {
    // The outputs of commands are held by commands.system.test.ts.
    const own = text
      .replace(PLACE, '')
      .replace(/^```(\S*)\n[\s\S]*?^```/gm, (block, language) => (language === '' ? '' : block));
    expect(own.match(MEASURED) ?? []).toEqual(KNOWN.get(path) ?? []);
  });
});

/** A number with a unit of time, memory, speed or proportion. */
const MEASURED = /\d[\d.,]*\s?(?:s|ms|µs|seconds|minutes|hours|[KMGT]i?B(?:\/s)?|[KMG]bit\/s|×|%|times)(?![\w/])/g;

/** Limits and periods of AWS's, or of the code: test/docs/operations.system.test.ts holds the latter. */
const KNOWN = new Map([
  ['docs/operations.md', ['15 minutes', '1 MiB', '1 GiB', '15 minutes', '33 hours', '33 hours', '5 %', '24 hours']],
]);

test('a place that nothing fills is an error that names it', () => {
  expect(() => fillPlaces('<!-- speed -->1<!-- /speed -->', {})).toThrow('"speed"');
});

test('a place within a line is filled within it, and a place on lines of its own stays there', () => {
  const filled = fillPlaces('It is <!-- a -->1<!-- /a -->.\n\n<!-- b -->\nold\n<!-- /b -->\n', { a: '2', b: 'x\ny' });
  expect(filled).toBe('It is <!-- a -->2<!-- /a -->.\n\n<!-- b -->\nx\ny\n<!-- /b -->\n');
});
