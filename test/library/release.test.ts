import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKFLOWS = join(ROOT, '.github/workflows');

const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()).optional(),
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    }),
  ),
});
const textOf = (file: string): string => readFileSync(join(WORKFLOWS, file), 'utf8');
const workflow = (file: string) => Workflow.parse(parse(textOf(file)));

test.each(readdirSync(WORKFLOWS))(
  '%s pins every action by the hash of a commit, and may only read unless a job says so',
  (file) => {
    const uses = [...textOf(file).matchAll(/uses: *(\S+)(.*)/g)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, action, version] of uses) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(version).toMatch(/^ # v\d+\.\d+\.\d+$/);
    }
    expect(workflow(file).permissions).toEqual({ contents: 'read' });
  },
);

test.each(readdirSync(WORKFLOWS))('%s has the Python that the peers of the tests need before it runs them', (file) => {
  const needed = ['test/peers/aws/localstack.ts', 'test/peers/sources/python-library.ts'].map((user) => {
    const [, versions = ''] = /await findPython\(([^)]*)\)/.exec(readFileSync(join(ROOT, user), 'utf8')) ?? [];
    return versions;
  });
  for (const { steps } of Object.values(workflow(file).jobs)) {
    const python = steps.findIndex(({ uses }) => uses?.startsWith('actions/setup-python@'));
    const version = steps[python]?.with?.['python-version'];
    for (const versions of needed) expect(versions).toContain(`'${version}'`);
    expect(python).toBeLessThan(steps.findIndex(({ run }) => run === 'bash .ci/run'));
  }
});

test('a release runs all tests first, and is published with provenance and a list of its parts', () => {
  const { publish } = workflow('release.yml').jobs;
  expect(publish?.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
  const runs = publish?.steps.flatMap(({ run }) => run ?? []) ?? [];
  const at = (what: string) => runs.findIndex((run) => run.includes(what));
  const order = ['bash .ci/run', 'npm run --silent sbom', 'npm pack', 'npm publish', 'gh release create'].map(at);
  expect(order.every((place) => place >= 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(runs[at('npm publish')]).toContain('--provenance');
});

const Sbom = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(z.object({ name: z.string(), version: z.string() })),
});

test('the list of parts has every package that is installed, and none that only development needs', () => {
  const script = join(ROOT, 'scripts/sbom.ts');
  const { components } = Sbom.parse(JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })));
  const names = new Set(components.map(({ name }) => name));
  for (const name of Object.keys(packageJson.dependencies)) expect(names).toContain(name);
  for (const name of ['vitest', 'typescript', 'aws-cdk-lib']) expect(names).not.toContain(name);
});

test('SECURITY.md says how to report a weakness, and what it names exists', () => {
  const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
  expect(text).toMatch(/Report a vulnerability/);
  const named = [...text.matchAll(/\]\(([^)]+)\)|`(\.github\/\S+)`/g)].map(([, link, file]) => link ?? file ?? '');
  expect(named.length).toBeGreaterThan(2);
  for (const path of named) expect(existsSync(join(ROOT, path.replace(/#.*$/, ''))), path).toBe(true);
});
