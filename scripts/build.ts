/**
 * Builds `dist/` for publishing: `dpo`, the library and the CDK constructs as JavaScript (packages stay dependencies),
 * and the Lambda functions whole, so that a user's synth bundles nothing. `tsc` adds the types (see package.json).
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
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
  build({ ...forNode, entryPoints: ['lib/index.ts'], outdir: 'dist/lib', packages: 'external' }),
  build({
    ...forNode,
    entryPoints: ['infra/index.ts'],
    // What most CDK apps and their tests load: an ES module cannot be read by ts-node or Jest.
    format: 'cjs',
    outdir: 'dist/cdk',
    outExtension: { '.js': '.cjs' },
    packages: 'external',
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
// One copy of the classes for apps of both kinds, and one of their types, which `tsc` writes into `types`.
await mkdir('dist/cdk/types');
await Promise.all([
  writeFile('dist/cdk/index.js', "export * from './index.cjs';\n"),
  writeFile('dist/cdk/index.d.ts', "export * from './index.cjs';\n"),
  writeFile('dist/cdk/index.d.cts', "export * from './types/infra/index.js';\n"),
  writeFile('dist/cdk/types/package.json', '{ "type": "commonjs" }\n'),
]);
const bundled = [command, ...functions].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(bundled));
