import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

const threats = readFileSync(join(ROOT, 'test/threats.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split(' | '))
  .map(([threat = '', , tests = '']) => [threat.replace('| ', ''), tests] as const);

test('there are threats', () => {
  expect(threats.length).toBeGreaterThan(30);
});

test.each(threats)('a test holds: %s', (_, tests) => {
  const files = [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
  expect(files).not.toEqual([]);
  for (const file of files) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
});
