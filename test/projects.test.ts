import { readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as z from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import config from '../vitest.config.ts';

const Project = z.object({
  test: z.object({ name: z.string(), include: z.array(z.string()), exclude: z.array(z.string()).default([]) }),
});
const projects = z
  .array(Project)
  .parse(config.test?.projects)
  .map(({ test: project }) => project);
const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name));

test('every test file is of one project', () => {
  expect(files.length).toBeGreaterThan(200);
  for (const file of files) {
    const matches = (globs: readonly string[]) => globs.some((glob) => matchesGlob(file, glob));
    const of = projects.filter(({ include, exclude }) => matches(include) && !matches(exclude));
    expect([file, of.map(({ name }) => name)]).toEqual([file, [expect.any(String)]]);
  }
});

test('the commands run every project, and npm test says first what it takes', () => {
  const { scripts } = packageJson;
  const named = Object.values(scripts).flatMap((script) =>
    [...script.matchAll(/--project (\w+)/g)].map(([, name]) => name),
  );
  expect(named.sort()).toEqual(projects.map(({ name }) => name).sort());
  expect(scripts.pretest).toMatch(/minutes/);
});
