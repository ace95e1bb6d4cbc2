import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { WORKERS_PAY_BYTES } from '../../cli/local/shard-steps.ts';
import { synthesize } from '../infra/synthesized.ts';
import { FUNCTION_ENVIRONMENT } from '../support/function-environment.ts';
import { installPacked, ROOT } from '../support/packed-package.ts';

const PackageJson = z.object({
  bin: z.object({ dpo: z.string() }),
  engines: z.object({ node: z.string() }),
  dependencies: z.record(z.string(), z.string()),
});

// An empty project with the tarball in it, and of all other packages exactly those that it declares.
let project = '';
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'dpo-package-'));
  installPacked(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const example of ['library', 'cdk']) {
    cpSync(join(ROOT, 'examples', example), join(project, example), { recursive: true });
  }
  cpSync(join(ROOT, 'examples/tic-tac-toe.json'), join(project, 'traces.json'));
  mkdirSync(join(project, 'rollouts'));
  cpSync(join(ROOT, 'examples/rollouts.jsonl'), join(project, 'rollouts/rollouts.jsonl'));
}, 240_000);
afterAll(() => rmSync(project, { recursive: true }));

const node = (args: readonly string[], env: NodeJS.ProcessEnv = {}): string =>
  execFileSync(process.execPath, args, {
    cwd: project,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const packageJson = () =>
  PackageJson.parse(JSON.parse(readFileSync(join(project, 'node_modules/dpo-trajectories/package.json'), 'utf8')));
const binOf = (): string => join('node_modules/dpo-trajectories', packageJson().bin.dpo);

test('the tarball holds what is built and what is read first, and nothing else', () => {
  const installed = join(project, 'node_modules/dpo-trajectories');
  expect(readdirSync(installed).sort()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'npm-shrinkwrap.json', 'package.json'],
  ]);
  expect(readdirSync(join(installed, 'dist')).sort()).toEqual([
    'THIRD-PARTY-LICENSES.txt',
    ...['cdk', 'cli', 'functions', 'lib', 'types'],
  ]);
});

test('the licences of what the functions are bundled with come with them', () => {
  const text = readFileSync(join(project, 'node_modules/dpo-trajectories/dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['@aws-sdk/client-s3', 'zod', 'undici', 'd3-scale'])
    expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(text).toContain('Apache License');
  expect(text).toContain('Permission is hereby granted, free of charge');
  expect(text).not.toContain('aws-cdk-lib');
});

test('its command runs the pipeline and prints the schema', () => {
  const bin = binOf();
  expect(node([bin, 'run', 'traces.json', '--out', 'out'])).toMatch(/^pairs +104$/m);
  expect(JSON.parse(node([bin, 'schema']))).toMatchObject({ title: 'A request of dpo-trajectories' });
});

// Node.js of the system, where this project's own is another.
const older = [process.env.OLDER_NODE ?? '', '/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => path !== '' && existsSync(path) && majorOf(path) < 24,
);

test('on a Node.js that is too old its command says so in a sentence', () => {
  expect(packageJson().engines.node).toBe('>=24');
  // Without one, this Node.js passes for one.
  const [command, flags] = older ? [older, []] : [process.execPath, ['--import', OLD]];
  const { status, stdout, stderr } = spawnSync(command, [...flags, binOf(), '--version'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(
    /^dpo needs Node\.js 24 or newer, and this is \d+\.\d+\.\d+: install a newer one from \S+\.\n$/,
  );
});

const OLD = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process.versions, 'node', { value: '20.9.0' })")}`;
function majorOf(node: string): number {
  return Number.parseInt(execFileSync(node, ['--print', 'process.versions.node'], { encoding: 'utf8' }), 10);
}

test('its first file has no word that an old Node.js would not understand', () => {
  const text = readFileSync(join(project, binOf()), 'utf8');
  const plain = transformSync(text.replace(/^#!.*/, ''), { target: 'es5' }).code;
  expect(plain.replace(/\s/g, '')).toBe(
    transformSync(text.replace(/^#!.*/, ''), { target: 'esnext' }).code.replace(/\s/g, ''),
  );
});

test('whoever installs it gets the exact versions that were tested here, with their checksums', () => {
  const Locked = z.object({ packages: z.record(z.string(), z.looseObject({})) });
  const Entry = z.object({ version: z.string().regex(/^\d+\.\d+\.\d+/), integrity: z.string().startsWith('sha512-') });
  const read = (path: string) => Locked.parse(JSON.parse(readFileSync(path, 'utf8'))).packages;
  const { '': root, ...packed } = read(join(project, 'node_modules/dpo-trajectories/npm-shrinkwrap.json'));
  const tested = read(join(ROOT, 'package-lock.json'));
  expect(root).toMatchObject({ dependencies: packageJson().dependencies });
  expect(root).not.toHaveProperty('devDependencies');
  for (const name of Object.keys(packageJson().dependencies)) expect(packed).toHaveProperty([`node_modules/${name}`]);
  for (const [path, entry] of Object.entries(packed)) {
    expect(entry).toEqual(tested[path]);
    expect(entry).not.toHaveProperty('resolved');
    if (!('optional' in entry)) Entry.parse(entry);
  }
  expect(Object.keys(packed)).not.toContain('node_modules/vitest');
  expect(existsSync(join(ROOT, 'npm-shrinkwrap.json'))).toBe(false);
});

test('its command starts worker threads for a large input, and they start from the package', () => {
  const items = z.array(z.unknown()).parse(JSON.parse(readFileSync(join(project, 'traces.json'), 'utf8')));
  const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('');
  writeFileSync(join(project, 'large.jsonl'), lines.repeat(Math.ceil(WORKERS_PAY_BYTES / lines.length)));
  const bin = binOf();
  const run = (concurrency: string) =>
    node([bin, 'run', 'large.jsonl', '--out', `out-${concurrency}`, '--concurrency', concurrency, '--set', FEW]);
  expect(run('2').replaceAll(/out-2|run-\w+/g, '')).toBe(run('1').replaceAll(/out-1|run-\w+/g, ''));
});

/** What is written is not the point here. */
const FEW = 'dataset.formats=["trl"]';

describe('the library', () => {
  test('builds the groups of trace items', () => {
    expect(JSON.parse(node(['library/build.js', 'traces.json']))).toEqual({
      // Three margins are 0.05 but for what doubles cannot hold.
      pairs: 89,
      left_out: { empty_response: 4 },
    });
  });

  test('writes the dataset that its command writes, in an ES module', () => {
    const settings = ['--set', 'dataset.formats=trl', '--set', 'dataset.validation_fraction=0'];
    node([binOf(), 'run', 'rollouts', '--out', 'by-command', '--run-id', 'r', ...settings]);
    expect(node(['library/dataset.js', 'rollouts/rollouts.jsonl'])).toBe(
      readFileSync(join(project, 'by-command/runs/r/datasets/trl/train.jsonl'), 'utf8'),
    );
  });

  test('builds pairs of records in memory, in a CommonJS project', () => {
    expect(node(['library/records.cjs']).trimEnd().split('\n')).toEqual([
      'left out: empty_response (the response is empty)',
      'Capital of France? Paris rather than Lyon (0.8)',
      '1 turn with one candidate',
    ]);
  });

  test('does a whole run over directories', () => {
    expect(node(['library/run.js', 'rollouts', 'by-library'])).toMatch(
      /^\d+ pairs; the report is by-library\/runs\/first\/report\.html$/m,
    );
    expect(readdirSync(join(project, 'by-library/runs/first/datasets'))).toEqual(['openai', 'trl']);
  });

  test('is one and the same in ES modules and CommonJS, without a warning of Node.js', () => {
    const code = `import { createRequire } from 'node:module';
import * as module from 'dpo-trajectories';
const common = createRequire(import.meta.url)('dpo-trajectories');
console.log(Object.keys(common).filter((name) => module[name] !== common[name]).length, typeof module.readCandidates);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: project,
      encoding: 'utf8',
    });
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '0 function\n' });
  });
});

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});

test('the example of the construct synthesizes the functions that the stack has, bundled, without Docker', () => {
  node(['cdk/app.js'], { CDK_OUTDIR: join(project, 'cdk.out'), CDK_DOCKER: '/nowhere/docker' });
  const text = readFileSync(join(project, 'cdk.out/MyResearch.template.json'), 'utf8');
  const resources = Object.values(Template.parse(JSON.parse(text)).Resources);
  const settings = ({ MemorySize, Timeout, Runtime, Architectures, Handler }: Readonly<Record<string, unknown>>) =>
    JSON.stringify({ MemorySize, Timeout, Runtime, Architectures, Handler });
  const packaged = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const deployed = synthesize().all('AWS::Lambda::Function');
  expect(packaged.map(({ Properties = {} }) => settings(Properties)).sort()).toEqual(
    deployed.map(({ properties }) => settings(properties)).sort(),
  );
  expect(resources.filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
});

test('each packaged function loads by itself and exports its handler', () => {
  const functions = join(project, 'node_modules/dpo-trajectories/dist/functions');
  for (const name of readdirSync(functions)) {
    const code = `const { handler } = await import('${join(functions, name, 'index.cjs')}'); console.log(typeof handler)`;
    expect(node(['--input-type=module', '--eval', code], FUNCTION_ENVIRONMENT)).toBe('function\n');
  }
});

test.each(['check.mts', 'check.cts'])('the types hold in a strict project: %s', (file) => {
  writeFileSync(
    join(project, file),
    `import { buildPairs, buildTrajectories, chooseDataset, type Dataset, type Group, readCandidates } from 'dpo-trajectories';
import { DpoPipeline } from 'dpo-trajectories/cdk';
export const groups: AsyncGenerator<Group> = buildTrajectories([], { builder: { compatibility: 'nat' } });
export const dataset: Promise<Dataset> = chooseDataset(buildPairs(readCandidates([])), { dataset: { seed: 1 } });
// @ts-expect-error: no such compatibility
buildTrajectories([], { builder: { compatibility: 'lax' } });
// @ts-expect-error: a setting of whole runs
chooseDataset([], { dataset: { formats: ['trl'] } });
export const machine = (pipeline: DpoPipeline): string => pipeline.stateMachine.stateMachineArn;
`,
  );
  const flags = [
    ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', '--types', 'node'],
    ...['--typeRoots', join(ROOT, 'node_modules/@types')],
  ];
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [...flags, file], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});
