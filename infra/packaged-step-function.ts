import { join } from 'node:path';
import { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledgeSynchronous, type StepFunctionProps, sourceOf, stepSettings } from './step-settings.ts';

/**
 * In the published package, in the place of `step-function.ts`: the functions come bundled, so that a user's `cdk synth`
 * needs neither esbuild nor Docker.
 */
export class StepFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id, {
      ...stepSettings(scope, id, props),
      // Relative to dist/cdk/index.cjs, which is CommonJS.
      code: Code.fromAsset(join(__dirname, '../functions', sourceOf(id))),
      handler: 'index.handler',
    });
    acknowledgeSynchronous(this, props);
  }
}
