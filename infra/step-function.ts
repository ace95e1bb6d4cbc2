import { fileURLToPath } from 'node:url';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { BUNDLE } from './bundle/options.ts';
import { acknowledgeSynchronous, type StepFunctionProps, sourceOf, stepSettings } from './step-settings.ts';

/** One step of the pipeline as a Lambda function, bundled by the local esbuild. */
export class StepFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id, {
      ...stepSettings(scope, id, props),
      entry: project(`functions/${sourceOf(id)}.ts`),
      projectRoot: project(''),
      depsLockFilePath: project('package-lock.json'),
      bundling: {
        format: OutputFormat.CJS,
        target: BUNDLE.target,
        mainFields: [...BUNDLE.mainFields],
        minify: BUNDLE.minify,
        externalModules: [...BUNDLE.external],
        sourceMap: BUNDLE.sourcemap,
        sourcesContent: BUNDLE.sourcesContent,
        esbuildArgs: Object.fromEntries(Object.entries(BUNDLE.alias).map(([name, file]) => [`--alias:${name}`, file])),
        // The SDK of the lockfile, which is the one tested, and not whichever the runtime brings.
        bundleAwsSDK: true,
      },
    });
    acknowledgeSynchronous(this, props);
  }
}

const project = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
