import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { z } from 'zod';

export interface StepFunctionProps {
  /** Its file in `functions/`, without `.ts`. */
  readonly source: string;
  /** MB; a vCPU comes with each 1,769 of them. */
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** One step of the pipeline as a Lambda function, bundled by the local esbuild. */
export class StepFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, { source, memoryMb, environment }: StepFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Not the managed policy that a function gets by default: that one may write to any log.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      entry: project(`functions/${source}.ts`),
      projectRoot: project(''),
      depsLockFilePath: project('package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      // Lambda's most. A shard of 64 MiB takes seconds; the rest is for one that meets slow reads and retries them.
      timeout: Duration.minutes(15),
      role,
      logGroup,
      environment: { ...environment, CODE_VERSION: version(), NODE_OPTIONS: '--enable-source-maps' },
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
  }
}

const REQUIRE = 'import { createRequire } from "node:module";const require = createRequire(import.meta.url);';

const project = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const version = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(project('package.json'), 'utf8'))).version;
