/**
 * Builds `dist/` for publishing: `dpo`, the library and the CDK constructs as JavaScript (packages stay dependencies),
 * and the Lambda functions whole, so that a user's synth bundles nothing. `tsc` adds the types (see package.json).
 */
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { STAGES } from '../functions/observability/metric-names.ts';
import { thirdPartyLicences } from './third-party-licences.ts';

const forNode = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
} as const satisfies BuildOptions;

await rm('dist', { recursive: true, force: true });
const [, , , ...functions] = await Promise.all([
  // Splitting keeps what is imported on demand (S3, YAML, the bar) out of the way of a start without it.
  build({ ...forNode, entryPoints: ['cli/dpo.ts'], outdir: 'dist/cli', packages: 'external', splitting: true }),
  build({ ...forNode, entryPoints: ['lib/index.ts'], outdir: 'dist/lib', packages: 'external' }),
  build({
    ...forNode,
    entryPoints: ['infra/index.ts'],
    outdir: 'dist/cdk',
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
  ...STAGES.map((name) =>
    build({
      ...forNode,
      entryPoints: { index: `functions/${name}.ts` },
      outdir: `dist/functions/${name}`,
      outExtension: { '.js': '.mjs' },
      mainFields: ['module', 'main'],
      // Error names are what Retry and Catch match.
      keepNames: true,
      metafile: true,
      // A third of the size; names and lines stay readable enough for a stack trace without the maps.
      minifyWhitespace: true,
      minifySyntax: true,
      // undici is CommonJS, and asks for Node's own modules by require.
      banner: {
        js: 'import { createRequire } from "node:module";const require = createRequire(import.meta.url);',
      },
    }),
  ),
]);
const bundled = functions.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(bundled));
await copyFile('infra/pipeline.asl.json', 'dist/cdk/pipeline.asl.json');
