import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { DeployedMachine } from '../../adapters/step-functions/start-execution.ts';
import { InvalidRequest, StoreRefused } from '../../lib/errors.ts';
import { choosePipeline } from './choose-pipeline.ts';

/** How every command that talks to AWS finds the pipeline. */
export interface AwsFlags {
  /** The CloudFormation stack. */
  readonly stack: string;
  /** Of the stack's pipelines, where it has several. */
  readonly pipeline?: string;
  readonly profile?: string;
  readonly region?: string;
}

/** A deployed pipeline. */
export interface Deployment extends DeployedMachine {
  readonly tracesBucket: string;
  readonly collectionsBucket: string;
  /** Uploads under it start runs by themselves. */
  readonly uploadPrefix: string;
}

/** The deployed pipeline by its stack's outputs. Throws {@link InvalidRequest} where there is no such stack. */
export async function findDeployment({ stack, pipeline, profile, region }: AwsFlags): Promise<Deployment> {
  useAccount({ profile, region });
  const found = choosePipeline(await stackOutputs(stack), { stack, pipeline });
  const { StateMachineArn, TracesBucket, CollectionsBucket, UploadPrefix } = found;
  return {
    sfn: new SFNClient({}),
    stateMachineArn: StateMachineArn,
    tracesBucket: TracesBucket,
    collectionsBucket: CollectionsBucket,
    uploadPrefix: UploadPrefix.replace(`s3://${TracesBucket}/`, ''),
  };
}

/** Every client takes these two from the environment, the S3 store's as well. */
export function useAccount({ profile, region }: Pick<AwsFlags, 'profile' | 'region'>): void {
  if (profile !== undefined) process.env.AWS_PROFILE = profile;
  if (region !== undefined) process.env.AWS_REGION = region;
}

async function stackOutputs(stack: string): Promise<Record<string, string>> {
  try {
    const { Stacks } = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    throw explained(error, stack);
  }
}

function explained(error: unknown, stack: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'ValidationError' && /does not exist/.test(error.message)) {
    return new InvalidRequest(
      `Stack ${stack} does not exist in this account and region. Deploy it (npm run deploy), or name another with --stack, --region, --profile.`,
      { cause: error },
    );
  }
  if (error.name === 'CredentialsProviderError' || /region is missing/i.test(error.message)) {
    return new StoreRefused(`The call to AWS failed: ${error.message}. Give --profile and --region.`, { cause: error });
  }
  return error;
}
