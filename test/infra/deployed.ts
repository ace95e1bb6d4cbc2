import { expect, vi } from 'vitest';
import * as z from 'zod';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import type { Step } from '../../lib/contract/steps.ts';
import { type FakeExecution, startAwsServer } from '../cli/aws-server.ts';
import { type Handler, type RunResult, stateMachine } from '../support/asl/asl-runner.ts';
import { isAllowed, statementsByRole } from '../support/iam-policy.ts';
import { contextOf } from '../support/lambda-context.ts';
import { FUNCTIONS, type LambdaFunction } from '../support/lambda-functions.ts';
import { type RoleStore, roleStore } from '../support/role-store.ts';
import { clientOf } from '../support/s3-client.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { type Context, type MakeStack, type Resource, synthesize } from './synthesized.ts';

/** The stack's buckets, functions and state machine as its template says: each function with its own environment and role. */
export interface Deployed extends Pick<RoleStore, 'refusals' | 'seen' | 'owners'> {
  readonly s3: S3Server;
  /** The functions' names in the template. */
  readonly functions: readonly string[];
  /** A run, from the input of its execution. */
  execute(executionName: string, input: unknown): Promise<RunResult>;
  /** One call of a step's function. */
  invoke(step: Step, event: unknown): Promise<unknown>;
  /** What gathers uploads, where the stack has it, with its queue's messages: the executions that it starts. */
  gather(records: readonly object[]): Promise<readonly Pick<FakeExecution, 'name' | 'input'>[]>;
  close(): Promise<void>;
}

/** Its environment is the process's, from now until it is closed: at most one at a time. */
export async function deploy(context: Context, makeStack?: MakeStack): Promise<Deployed> {
  const { all } = synthesize(context, makeStack);
  const [machine] = all('AWS::StepFunctions::StateMachine').map(asMachine);
  if (!machine) throw new Error('The stack has no state machine');
  const functions = all('AWS::Lambda::Function').map(asFunction);
  const buckets = all('AWS::S3::Bucket').map(asBucket);

  const statements = statementsByRole(all('AWS::IAM::Policy').map(({ properties }) => properties));
  const { guard, refusals, seen, owners } = roleStore({
    users: Object.fromEntries([machine, ...functions].map(({ name, role }) => [name, statements[role] ?? []])),
    keys: Object.fromEntries(buckets.map(({ name, key }) => [name, key])),
  });
  const s3 = await startS3Server({ guard });
  for (const { name, versioned } of buckets) s3.createBucket(name, { versioned });
  const states = await startAwsServer({ StateMachineArn: machine.name }, (user, call) => {
    const { role = '' } = functions.find(({ name }) => name === user) ?? {};
    const allowed = isAllowed(statements[role] ?? [], { action: `states:${call}`, resource: machine.name });
    if (!allowed) refusals.push(`${user} may not states:${call} on ${machine.name}`);
    return allowed;
  });

  const during = ownEnvironments({ AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_ENDPOINT_URL_SFN: states.endpoint });
  const handlers: Record<string, Handler> = {};
  for (const [step, load] of Object.entries(FUNCTIONS)) {
    const deployed = functions.find(({ name }) => name === `Pipeline${step}`);
    if (!deployed) throw new Error(`The stack has no function for ${step}`);
    handlers[`${deployed.name}.Arn`] = await loadAlone(load, during(deployed));
  }
  const gathering = functions.find(({ name }) => name === 'UploadsGatheredGatherUploads');
  const gather = gathering && (await loadAlone(() => import('../../functions/gather-uploads.ts'), during(gathering)));
  const client = clientOf(s3, machine.name);
  const run = stateMachine(machine.definition);
  return {
    ...{ s3, refusals, seen, owners, functions: functions.map(({ name }) => name) },
    execute: (executionName, input) =>
      run({
        ...{ input, executionName, handlers, maxConcurrency: 4, waits: 'skipped' },
        storeOf: (bucket) => s3Store(client, bucket),
      }),
    invoke: async (step, event) => handlers[`Pipeline${step}.Arn`]?.(event),
    async gather(Records) {
      expect(await gather?.({ Records })).toEqual({ batchItemFailures: [] });
      return states.executions.splice(0);
    },
    async close() {
      vi.unstubAllEnvs();
      client.destroy();
      await Promise.all([s3.close(), states.close()]);
    },
  };
}

/** The function in modules of its own, as each Lambda loads them. */
async function loadAlone(load: () => Promise<LambdaFunction>, during: During): Promise<Handler> {
  vi.resetModules();
  const { handler } = await during(load);
  return (event) => during(() => handler(event, contextOf('under-test')));
}

type During = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Gives a function's work its environment. An S3 client reads its credentials at its first request, so the process's
 * environment is the function's whenever it runs, and two different functions cannot run at once.
 */
function ownEnvironments(endpoints: Readonly<Record<string, string>>): (deployed: DeployedFunction) => During {
  const running: string[] = [];
  return ({ name, environment, memoryMb }) =>
    async (work) => {
      const other = running.find((each) => each !== name);
      if (other) throw new Error(`${name} was called while ${other} ran`);
      vi.unstubAllEnvs();
      const all = {
        ...environment,
        ...{ AWS_REGION: 'eu-central-1', ...endpoints },
        ...{ AWS_ACCESS_KEY_ID: name, AWS_SECRET_ACCESS_KEY: 'test' },
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
        ...{ POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
      };
      for (const [variable, value] of Object.entries(all)) vi.stubEnv(variable, value);
      running.push(name);
      try {
        return await work();
      } finally {
        running.pop();
      }
    };
}

const named = (arn: string): string => arn.replace(/\.Arn$/, '');
const Arn = z.string().transform(named);

const Machine = z.object({ RoleArn: Arn, DefinitionString: z.string() });

function asMachine({ name, properties }: Resource) {
  const { RoleArn: role, DefinitionString } = Machine.parse(properties);
  const definition: unknown = JSON.parse(DefinitionString.replaceAll('arn:Partition:', 'arn:aws:'));
  return { name, role, definition };
}

const FunctionProperties = z.object({
  Role: Arn,
  MemorySize: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
type DeployedFunction = ReturnType<typeof asFunction>;

function asFunction({ name, properties }: Resource) {
  const { Role: role, MemorySize: memoryMb, Environment } = FunctionProperties.parse(properties);
  return { name, role, memoryMb, environment: Environment.Variables };
}

const Bucket = z.object({
  VersioningConfiguration: z.object({ Status: z.string() }).optional(),
  BucketEncryption: z.object({
    ServerSideEncryptionConfiguration: z.tuple([
      z.object({ ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.string().optional() }) }),
    ]),
  }),
});

function asBucket({ name, properties }: Resource) {
  const { VersioningConfiguration: versioning, BucketEncryption } = Bucket.parse(properties);
  const [{ ServerSideEncryptionByDefault }] = BucketEncryption.ServerSideEncryptionConfiguration;
  return { name, versioned: versioning?.Status === 'Enabled', key: ServerSideEncryptionByDefault.KMSMasterKeyID };
}
