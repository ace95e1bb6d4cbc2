import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ContainerName } from '../../lib/contract/container-name.ts';
import { SourceFormatName } from '../../lib/contract/source-format-name.ts';
import { Unit } from '../../lib/contract/unit.ts';
import { ROOT } from './pages.ts';

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');
const SOURCES = page('sources.md');
const FILE_FORMATS = page('file-formats.md');

describe('docs/sources.md', () => {
  const sections = new Map(
    SOURCES.split(/^### /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );

  test('has a section for each source format, and for nothing else', () => {
    expect([...sections.keys()]).toEqual(SourceFormatName.options);
  });

  test.each(SourceFormatName.options)('says how %s is run, with one command', (name) => {
    expect(sections.get(name)?.match(/^dpo run \S+ --out out/gm)).toHaveLength(1);
  });

  test.each([...ContainerName.options, ...Unit.options])('names %s', (name) => {
    expect(SOURCES).toContain(`\`${name}\``);
  });
});

/** The reasons of `rejected.jsonl` that readers of sources give. */
const REASONS = new Set(
  ['lib/sources/containers', 'lib/sources/fields', 'lib/sources/formats', 'lib/sources', 'lib/stages/source'].flatMap(
    (folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => [
          ...readFileSync(join(ROOT, folder, name), 'utf8').matchAll(
            /(?:reason: |(?:lost|reject|rejected)\(\s*)'([a-z_]+)'/g,
          ),
        ])
        .map(([, reason = '']) => reason),
  ),
);

test.each([...REASONS].toSorted())('docs/file-formats.md says what the reason %s means', (reason) => {
  expect(FILE_FORMATS).toMatch(new RegExp(`^\\|[^|]*\`${reason}\``, 'm'));
});
