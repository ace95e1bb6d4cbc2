import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { blocksOf, PAGES, ROOT } from './pages.ts';

/** What a reader has by the name that the pages give it. */
const GIVEN = {
  vpc: "import('aws-cdk-lib/aws-ec2').IVpc",
  role: "import('aws-cdk-lib/aws-iam').IRole",
};

/** A block as it stands in the constructor of a reader's stack. */
function moduleOf(block: string): string {
  const lines = block.split('\n');
  const isImport = (line: string): boolean => line.startsWith('import ');
  const parameters = Object.entries(GIVEN).map(([name, type]) => `${name}: ${type}`);
  return [
    "import { Stack } from 'aws-cdk-lib';",
    ...lines.filter(isImport),
    'export class Own extends Stack {',
    `  constructor(scope: import('constructs').Construct, ${parameters.join(', ')}) {`,
    "    super(scope, 'Own');",
    ...lines.filter((line) => !isImport(line)),
    '  }',
    '}',
  ].join('\n');
}

/** What the compiler says of modules that use the package as its users do. */
async function complaintsAbout(modules: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blocks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text);
  const compilerOptions = {
    paths: { 'dpo-trajectories': [join(ROOT, 'lib/index.ts')], 'dpo-trajectories/cdk': [join(ROOT, 'infra/index.ts')] },
    ...{ noUnusedParameters: false, noUnusedLocals: false, typeRoots: [join(ROOT, 'node_modules/@types')] },
  };
  const project = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], files: Object.keys(modules) };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message }),
  );
  return stdout;
}

test('every block of TypeScript in the pages compiles in a stack of a user’s own', async () => {
  const blocks = PAGES.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => /^(?:ts|typescript)$/.test(language))
      .map(({ text }, at) => [`${page.path.replaceAll(/\W/g, '-')}-${at}.ts`, moduleOf(text)] as const),
  );
  expect(blocks.length).toBeGreaterThan(0);
  expect(await complaintsAbout(Object.fromEntries(blocks))).toBe('');
});

test('a block that uses what there is not, or leaves out what there must be, is found', async () => {
  const modules = {
    'unknown.ts': moduleOf("import { DpoPipelines } from 'dpo-trajectories/cdk';\nnew DpoPipelines(this, 'A', {});"),
    'missing.ts': moduleOf("import { DpoPipeline } from 'dpo-trajectories/cdk';\nnew DpoPipeline(this, 'A', { vpc });"),
  };
  const said = await complaintsAbout(modules);
  expect(said).toContain("has no exported member named 'DpoPipelines'");
  expect(said).toContain('missing.ts');
});
