import { fileURLToPath } from 'node:url';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { acknowledgeSynchronous, type StepFunctionProps, stepSettings } from './step-settings.ts';

/** One step of the pipeline as a Lambda function, bundled by the local esbuild. */
export class StepFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id, {
      ...stepSettings(scope, id, props),
      entry: project(`functions/${props.source}.ts`),
      projectRoot: project(''),
      depsLockFilePath: project('package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        // undici is CommonJS, and asks for Node's own modules by require.
        banner: REQUIRE,
        // The SDK of the lockfile, which is the one tested, and not whichever the runtime brings.
        bundleAwsSDK: true,
        // Error names are what Retry and Catch match.
        keepNames: true,
        sourceMap: true,
      },
    });
    acknowledgeSynchronous(this);
  }
}

const REQUIRE = 'import { createRequire } from "node:module";const require = createRequire(import.meta.url);';

const project = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
