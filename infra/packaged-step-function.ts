import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import packageJson from '../package.json' with { type: 'json' };
import type { StepFunctionProps } from './step-function.ts';

/**
 * In the published package, in the place of `step-function.ts`: the functions come bundled, so that a user's `cdk synth`
 * needs neither esbuild nor Docker. test/library/package.system.test.ts holds the two to the same properties.
 */
export class StepFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, { source, memoryMb, environment }: StepFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      // Relative to dist/cdk/index.js.
      code: Code.fromAsset(fileURLToPath(new URL(`../functions/${source}`, import.meta.url))),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.minutes(15),
      role,
      logGroup,
      environment: { ...environment, CODE_VERSION: packageJson.version, NODE_OPTIONS: '--enable-source-maps' },
    });
  }
}
