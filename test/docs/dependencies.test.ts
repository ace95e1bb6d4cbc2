import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { objections } from '../../scripts/licences.ts';

const fileText = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const names = z.record(z.string(), z.unknown()).transform((packages) => Object.keys(packages).sort());
const Package = z.object({ dependencies: names, devDependencies: names, allowScripts: names });
const Lock = z.object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) });

const manifest = Package.parse(JSON.parse(fileText('package.json')));
const reasons = z.record(z.string(), z.string().min(10));
const Reasons = z.strictObject({ dependencies: reasons, devDependencies: reasons, allowScripts: reasons });
const page = Reasons.parse(parse(fileText('scripts/dependencies.yaml')));
const listed = (section: keyof typeof page): string[] => Object.keys(page[section]).sort();

test('every dependency has its reason in scripts/dependencies.yaml, and nothing else has one', () => {
  expect(listed('dependencies')).toEqual(manifest.dependencies);
  expect(listed('devDependencies')).toEqual(manifest.devDependencies);
});

test('only the packages that are allowed to have an install script, and each with its reason', () => {
  const { packages } = Lock.parse(JSON.parse(fileText('package-lock.json')));
  const scripted = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [path.replace(/^.*node_modules\//, '')] : [],
  );
  expect(scripted.sort()).toEqual(manifest.allowScripts);
  expect(listed('allowScripts')).toEqual(manifest.allowScripts);
});

describe('the licence check', () => {
  const installed = (name: string, licence: string) => ({ name, version: '1.0.0', licence });
  const exceptions = [{ name: /^tool(-linux)?$/, licence: 'MPL-2.0', why: 'tests' }];
  const tool = installed('tool', 'MPL-2.0');

  test('passes permissive licences, and a choice that holds one', () => {
    const fine = ['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-or-later)', 'MIT OR Apache-2.0'];
    expect(objections([tool, ...fine.map((licence) => installed('a', licence))], new Set(['a']), exceptions)).toEqual(
      [],
    );
  });

  test.each(['GPL-3.0-only', 'NOASSERTION', 'UNLICENSED', 'MIT AND GPL-3.0-only', 'mit'])('stops at %s', (licence) => {
    expect(objections([tool, installed('a', licence)], new Set(), exceptions)).toEqual([
      `a@1.0.0 is under ${licence}, which is not on the list.`,
    ]);
  });

  test('lets an exception pass by its name and licence, and not into what is shipped', () => {
    expect(objections([tool, installed('tool-linux', 'MPL-2.0')], new Set(), exceptions)).toEqual([]);
    expect(objections([tool], new Set(['tool']), exceptions)).toEqual([
      'tool@1.0.0 is under MPL-2.0, and is shipped to users.',
    ]);
    expect(objections([installed('tool', 'GPL-2.0-only')], new Set(), exceptions)).toHaveLength(1);
  });

  test('says which exception is no longer needed', () => {
    expect(objections([installed('tool', 'MIT')], new Set(), exceptions)).toEqual([
      expect.stringMatching(/^Nothing is installed that the exception .* is for/),
    ]);
  });
});
