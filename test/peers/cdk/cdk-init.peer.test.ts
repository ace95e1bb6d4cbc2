import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { installPacked, linkPackages, ROOT } from '../../support/packed-package.ts';
import { installed } from '../installed.ts';

const run = promisify(execFile);

/** What `cdk init` asks for today, and what older apps have: ts-jest, ts-node and a TypeScript that they can load. */
const TOOLS = [
  ...['jest@30.5.2', '@swc/core@1.16.22', '@swc/jest@0.2.39', '@types/jest@30.0.0', 'tsx@4.23.15'],
  ...['ts-jest@29.4.15', 'ts-node@10.9.2', 'typescript@5.9.3'],
];
const BINARIES = {
  ...{ cdk: 'aws-cdk/bin/cdk', jest: 'jest/bin/jest.js', tsc: 'typescript/bin/tsc' },
  ...{ tsx: 'tsx/dist/cli.mjs', 'ts-node': 'ts-node/dist/bin.js' },
};

let app = '';
beforeAll(async () => {
  const tools = await installed('cdk-app', TOOLS, async (folder) => {
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
    await run('npm', ['install', ...quietly, ...TOOLS], { cwd: folder });
  });
  app = join(await mkdtemp(join(tmpdir(), 'cdk-init-')), 'research');
  await mkdir(app);
  const init = ['init', 'app', '--language', 'typescript', '--generate-only', '--no-notices'];
  await run(process.execPath, [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), ...init], { cwd: app });
  installPacked(app);
  linkPackages(app, join(ROOT, 'node_modules'), ['aws-cdk', 'typescript', '@types/node']);
  const packages = TOOLS.map((tool) => tool.slice(0, tool.lastIndexOf('@')));
  linkPackages(app, join(tools, 'node_modules'), packages);
  await symlink(join(tools, 'node_modules/typescript'), join(app, 'node_modules/typescript-5'));
  await mkdir(join(app, 'node_modules/.bin'), { recursive: true });
  for (const [name, file] of Object.entries(BINARIES)) {
    await symlink(join('..', file), join(app, 'node_modules/.bin', name));
  }
  await usePipeline();
}, 1_200_000);
afterAll(() => rm(dirname(app), { recursive: true }));

/** A user's stack and its test, in the files that `cdk init` made. */
async function usePipeline(): Promise<void> {
  const stack = join(app, 'lib/research-stack.ts');
  const made = await readFile(stack, 'utf8');
  const used = made
    .replace(
      "from 'constructs';",
      "from 'constructs';\nimport { CollectionsBucket, DpoPipeline, TracesBucket } from 'dpo-trajectories/cdk';",
    )
    .replace('// The code that defines your stack goes here', USE);
  expect(used).toContain(USE);
  await writeFile(stack, used);
  await writeFile(
    join(app, 'test/research.test.ts'),
    `import * as cdk from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { DpoPipeline } from 'dpo-trajectories/cdk';
import { ResearchStack } from '../lib/research-stack';

test('has the pipeline', () => {
  const stack = new ResearchStack(new cdk.App(), 'MyTestStack');
  expect(stack.node.findChild('Preferences')).toBeInstanceOf(DpoPipeline);
  Template.fromStack(stack).resourceCountIs('AWS::StepFunctions::StateMachine', 1);
});
`,
  );
}

const USE = `const pipeline = new DpoPipeline(this, 'Preferences', {
      traces: new TracesBucket(this, 'Traces'),
      collections: new CollectionsBucket(this, 'Collections'),
    });
    const arn: string = pipeline.stateMachine.stateMachineArn;
    new cdk.CfnOutput(this, 'Machine', { value: arn });`;

/** In the app's folder, with the app's own commands. What it prints is in the error where it fails. */
const inApp = async (
  command: string,
  args: readonly string[],
  { cwd = app, ...more }: { readonly cwd?: string; readonly CDK_OUTDIR?: string } = {},
): Promise<string> => {
  const PATH = [join(app, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(':');
  const { stdout, stderr } = await run(command, [...args], {
    cwd,
    env: { PATH, HOME: app, CI: 'true', ...more },
  }).catch((error) => Promise.reject(new Error(`${error.stdout}\n${error.stderr}`)));
  return `${stdout}${stderr}`;
};

describe("an app of today's cdk init", () => {
  test('synthesizes as cdk.json says, type checks included', async () => {
    const { app: command } = z
      .object({ app: z.string() })
      .parse(JSON.parse(await readFile(join(app, 'cdk.json'), 'utf8')));
    expect(command).toMatch(/^npx tsc && npx tsx /);
    expect(await inApp('cdk', ['synth', '--no-notices'])).toContain('AWS::StepFunctions::StateMachine');
  });

  test('passes its own npm test', async () => {
    expect(await inApp('npm', ['test'])).toMatch(/Tests: +1 passed/);
  });
});

describe('an older app, with a TypeScript before 7', () => {
  let older = '';
  beforeAll(async () => {
    older = join(dirname(app), 'older');
    for (const folder of ['bin', 'lib', 'test']) {
      await cp(join(app, folder), join(older, folder), { recursive: true });
    }
    const modules = join(app, 'node_modules');
    await mkdir(join(older, 'node_modules'));
    await symlink(join(modules, 'typescript-5'), join(older, 'node_modules/typescript'));
    linkPackages(older, modules, await readdir(modules));
    await writeFile(join(older, 'tsconfig.json'), JSON.stringify({ compilerOptions: OLD }));
    await writeFile(join(older, 'jest.config.json'), JSON.stringify(OLD_JEST));
  });

  test('passes its tests with ts-jest', async () => {
    expect(await inApp('jest', [], { cwd: older })).toMatch(/Tests: +1 passed/);
  });

  test('synthesizes with ts-node', async () => {
    await inApp('ts-node', ['--prefer-ts-exts', 'bin/research.ts'], { cwd: older, CDK_OUTDIR: 'cdk.out' });
    const template = await readFile(join(older, 'cdk.out/ResearchStack.template.json'), 'utf8');
    expect(template).toContain('AWS::StepFunctions::StateMachine');
  });
});

/** As `cdk init` wrote it for years. */
const OLD = {
  ...{ target: 'ES2020', module: 'commonjs', lib: ['es2020', 'dom'], declaration: true, strict: true },
  ...{ inlineSourceMap: true, inlineSources: true, types: ['jest', 'node'], typeRoots: ['./node_modules/@types'] },
};
const OLD_JEST = {
  ...{ testEnvironment: 'node', roots: ['<rootDir>/test'], testMatch: ['**/*.test.ts'] },
  transform: { '^.+\\.tsx?$': 'ts-jest' },
};

/** TypeScript's settings by which a package is found, and the versions that have them. */
const RESOLUTIONS = [
  { module: 'commonjs', moduleResolution: 'node10', typescript: [5] },
  { module: 'commonjs', moduleResolution: 'bundler', typescript: [7] },
  { module: 'node16', moduleResolution: 'node16', typescript: [5, 7] },
  { module: 'nodenext', moduleResolution: 'nodenext', typescript: [5, 7] },
  { module: 'esnext', moduleResolution: 'bundler', typescript: [5, 7] },
].flatMap(({ typescript, ...how }) => typescript.map((version) => ({ ...how, version })));

describe.each(['commonjs', 'module'])('an app whose type is %s', (type) => {
  test.each(RESOLUTIONS)('finds the types by $module, $moduleResolution in TypeScript $version', async (how) => {
    const { version, ...resolution } = how;
    const folder = join(app, 'types', [type, ...Object.values(how)].join('-'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = { ...resolution, target: 'es2022', strict: true, types: ['node'], skipLibCheck: true };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    await writeFile(join(folder, 'check.ts'), CHECK);
    const tsc = join(app, 'node_modules', version === 5 ? 'typescript-5' : 'typescript', 'bin/tsc');
    await inApp(process.execPath, [tsc, '--noEmit', '--project', folder]);
  });
});

test('import and require give the same classes, by their names', async () => {
  const code = `import { createRequire } from 'node:module';
import * as imported from 'dpo-trajectories/cdk';
const required = createRequire(process.cwd() + '/index.js')('dpo-trajectories/cdk');
const same = Object.entries(required).filter(([name, value]) => imported[name] === value && value.name === name);
console.log(same.map(([name]) => name).join(' '));`;
  expect(await inApp(process.execPath, ['--input-type=module', '--eval', code])).toBe(
    'CollectionsBucket DpoPipeline PipelineMonitoring TracesBucket UploadTrigger\n',
  );
});

const CHECK = `import { Stack } from 'aws-cdk-lib';
import { CollectionsBucket, DpoPipeline, type DpoPipelineProps, TracesBucket } from 'dpo-trajectories/cdk';
declare const stack: Stack;
const [traces, collections] = [new TracesBucket(stack, 'Traces'), new CollectionsBucket(stack, 'Collections')];
const props: DpoPipelineProps = { traces, collections, requestsFromUploads: 'all', ceilings: { maxChildren: 5 } };
export const arn: string = new DpoPipeline(stack, 'Pipeline', props).stateMachine.stateMachineArn;
// @ts-expect-error: not a number
export const wrong: number = arn;
// @ts-expect-error: no such value
export const lax: DpoPipelineProps = { traces, collections, requestsFromUploads: 'lax' };
`;
