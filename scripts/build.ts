/**
 * Builds `dist/` for publishing: `dpo`, the library and the CDK constructs as JavaScript (packages stay dependencies),
 * and the Lambda functions whole, so that a user's synth bundles nothing. `tsc` adds the types (see package.json).
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { STAGES } from '../functions/observability/metric-names.ts';
import { bundleFunction } from './bundle-functions.ts';
import { thirdPartyLicences } from './third-party-licences.ts';

const forNode = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
} as const satisfies BuildOptions;

/** They stay packages: no small run loads them, and some look for files of their own. */
const LOADED_ON_DEMAND = ['@aws-sdk/*', '@huggingface/*', 'piscina', 'undici', 'yauzl'];

/** One copy for projects of both kinds: two would have error classes of their own. ts-node and Jest read CommonJS only. */
const forBoth = {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  packages: 'external',
} as const satisfies BuildOptions;

await rm('dist', { recursive: true, force: true });
const [command, , , ...functions] = await Promise.all([
  // The command and its worker threads, in few files that they share: each has to load them in a tenth of a second.
  // Splitting keeps what is imported on demand (S3, YAML, the bar) out of the way of a start without it.
  build({
    ...forNode,
    entryPoints: { dpo: 'cli/dpo.ts', worker: 'cli/local/worker.ts' },
    outdir: 'dist/cli',
    external: LOADED_ON_DEMAND,
    splitting: true,
    // A CommonJS package asks for Node's modules by `require`, which an ES module has not.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    metafile: true,
  }),
  build({
    ...forNode,
    entryPoints: ['library/index.ts'],
    ...forBoth,
    outdir: 'dist/lib',
  }),
  build({
    ...forNode,
    entryPoints: ['infra/index.ts'],
    ...forBoth,
    outdir: 'dist/cdk',
    plugins: [
      {
        name: 'packaged-functions',
        setup: ({ onResolve }) => {
          const packaged = fileURLToPath(new URL('../infra/packaged-step-function.ts', import.meta.url));
          onResolve({ filter: /\/step-function\.ts$/ }, () => ({ path: packaged }));
        },
      },
    ],
  }),
  ...STAGES.map((stage) => bundleFunction(stage, 'dist/functions')),
]);
await copyFile('cli/packaged-dpo.cjs', 'dist/cli/dpo.cjs');
await describeBoth('dist/lib', '../types/library/index.js');
await describeBoth('dist/cdk', './types/infra/index.js');
const bundled = [command, ...functions].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(bundled));

/** Beside `index.cjs` the ES module that passes it on, and for both the types that `tsc` writes to the folder of `types`. */
async function describeBoth(folder: string, types: string): Promise<void> {
  const typesFolder = posix.join(folder, types.replace(/\/types\/.*/, '/types'));
  await mkdir(typesFolder, { recursive: true });
  await Promise.all([
    writeFile(`${folder}/index.js`, "export * from './index.cjs';\n"),
    writeFile(`${folder}/index.d.ts`, "export * from './index.cjs';\n"),
    writeFile(`${folder}/index.d.cts`, `export * from '${types}';\n`),
    writeFile(`${typesFolder}/package.json`, '{ "type": "commonjs" }\n'),
  ]);
}
