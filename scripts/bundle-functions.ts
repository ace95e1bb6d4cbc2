import { type BuildResult, build } from 'esbuild';
import type { Stage } from '../functions/observability/metric-names.ts';
import { BUNDLE } from '../infra/bundle/options.ts';

/** Bundles the function of a stage into `<folder>/<stage>/index.cjs`, as `cdk synth` does, with its source map beside it. */
export const bundleFunction = (stage: Stage, folder: string): Promise<BuildResult<{ metafile: true }>> =>
  build({
    ...BUNDLE,
    mainFields: [...BUNDLE.mainFields],
    external: [...BUNDLE.external],
    bundle: true,
    platform: 'node',
    legalComments: 'none',
    entryPoints: { index: `functions/${stage}.ts` },
    outdir: `${folder}/${stage}`,
    outExtension: { '.js': '.cjs' },
    metafile: true,
    logLevel: 'warning',
  });
