import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import * as z from 'zod';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import type { Uploads } from '../../../lib/contract/start.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { type Resource, synthesize } from '../../infra/synthesized.ts';
import { statementsByRole } from '../../support/iam-policy.ts';
import { roleStore } from '../../support/role-store.ts';
import { startEventSource } from './event-source.ts';
import { type LambdaHost, startLambdaHost } from './lambda-host.ts';
import { startLocalStack } from './localstack.ts';
import { type S3Proxy, startS3Proxy } from './s3-proxy.ts';

/** The stack on LocalStack: its buckets, its rule, its state machine; its functions beside it, each with its own rights. */
export interface DeployedStack {
  readonly traces: ObjectStore;
  readonly collections: ObjectStore;
  readonly lambda: LambdaHost;
  /** Between the functions and S3. */
  readonly s3: S3Proxy;
  /** Of LocalStack itself. */
  readonly endpoint: string;
  /** What the roles refused. */
  readonly refusals: string[];
  execute(name: string, input: unknown): Promise<Execution>;
  /** From now on uploads start runs so, as the rule of a stack with this option has it. */
  uploads(how: Uploads): Promise<void>;
  /** The one execution that what is done here starts. Throws where it starts none, or another one. */
  startedBy(action: () => Promise<void>): Promise<Execution>;
  close(): Promise<void>;
}

export interface Execution {
  readonly name: string;
  readonly status: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly output?: unknown;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const MACHINE = 'pipeline';
const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${MACHINE}`;
/** In the place of the stack's minutes. */
const QUIET_SECONDS = 4;

export async function deployStack(context: Readonly<Record<string, unknown>>): Promise<DeployedStack> {
  // With all functions that there are; `uploads` says which of them uploads go to.
  const uploads = { quietMinutes: 1 };
  const { app, all } = synthesize({ 'aws:cdk:bundling-stacks': ['**'], uploads, ...context });
  const functions = all('AWS::Lambda::Function').map((each) => asFunction(each, app.outdir));
  const statements = statementsByRole(all('AWS::IAM::Policy').map(({ properties }) => properties));
  const { guard, refusals } = roleStore({
    users: Object.fromEntries(functions.map(({ name, role }) => [name, statements[role] ?? []])),
    keys: {},
  });
  const lambda = await startLambdaHost();
  const localStack = await startLocalStack(lambda.endpoint);
  const s3 = await startS3Proxy({ target: localStack.endpoint, guard, nameOf: (bucket) => NAMES[bucket] ?? bucket });
  for (const { name, bundle, environment } of functions) {
    lambda.deploy({
      ...{ name, bundle },
      environment: {
        ...environment,
        ...{ AWS_REGION: REGION, AWS_ACCESS_KEY_ID: name, AWS_SECRET_ACCESS_KEY: 'test' },
        ...{ AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_ENDPOINT_URL_EVENTBRIDGE: localStack.endpoint },
        AWS_ENDPOINT_URL_SFN: localStack.endpoint,
        ...{ POWERTOOLS_METRICS_DISABLED: 'true', POWERTOOLS_TRACE_ENABLED: 'false' },
      },
    });
  }

  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: 'test' };
  const to = { endpoint: localStack.endpoint, region: REGION, credentials };
  const [buckets, states, events] = [
    new S3Client({ ...to, forcePathStyle: true }),
    new SFNClient(to),
    new EventBridgeClient(to),
  ];
  for (const Bucket of Object.keys(NAMES)) {
    await buckets.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await buckets.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  await buckets.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: 'traces',
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
  const [machine] = all('AWS::StepFunctions::StateMachine');
  const { stateMachineArn } = await states.send(
    new CreateStateMachineCommand({
      ...{ name: MACHINE, roleArn: `arn:aws:iam::${ACCOUNT}:role/states` },
      definition: placed(Machine.parse(machine?.properties).DefinitionString),
    }),
  );
  const source = await startEventSource({
    ...{ endpoint: localStack.endpoint, region: REGION, account: ACCOUNT, delaySeconds: QUIET_SECONDS },
    invoke: (event) => lambda.call('UploadsGatheredGatherUploads', event),
  });
  const setUploads = async (how: Uploads): Promise<void> => {
    const rule = synthesize({ uploads: how })
      .all('AWS::Events::Rule')
      .find(({ name }) => name === 'UploadsRule');
    const { EventPattern, Targets } = Rule.parse(rule?.properties);
    const Arn = Targets[0].Arn === 'UploadsGatheredQueue.Arn' ? source.arn : stateMachineArn;
    await events.send(new PutRuleCommand({ Name: 'uploads', EventPattern: placed(JSON.stringify(EventPattern)) }));
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/events`;
    await events.send(new PutTargetsCommand({ Rule: 'uploads', Targets: [{ Id: 'target', Arn, RoleArn }] }));
  };
  await setUploads('each');

  const ended = async (executionArn: string): Promise<Execution> => {
    for (;;) {
      const {
        name = '',
        status = '',
        error,
        cause,
        output,
      } = await states.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') {
        return { name, status, error, cause, output: output === undefined ? undefined : JSON.parse(output) };
      }
      await wait(100);
    }
  };
  return {
    ...{ lambda, s3, refusals, endpoint: localStack.endpoint },
    traces: s3Store(buckets, 'traces'),
    collections: s3Store(buckets, 'collections'),
    async execute(name, input) {
      const started = await states.send(
        new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
      );
      return ended(started.executionArn ?? '');
    },
    uploads: setUploads,
    async startedBy(action) {
      const executions = async () =>
        (await states.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.map(
          (each) => each.executionArn,
        );
      const before = await executions();
      const started = async () => (await executions())?.filter((arn) => !before?.includes(arn)) ?? [];
      await action();
      for (let tries = 0; tries < 1_200; tries++) {
        const [first] = await started();
        if (first === undefined) {
          await wait(100);
          continue;
        }
        const execution = await ended(first);
        await source.drained();
        expect(await started()).toEqual([first]);
        return execution;
      }
      throw new Error('Nothing started an execution in two minutes.');
    },
    async close() {
      await source.close();
      for (const client of [buckets, states, events]) client.destroy();
      await Promise.all([s3.close(), lambda.close(), localStack.close()]);
    },
  };
}

/** Buckets by their names on LocalStack, and as the template in words has them. */
const NAMES: Readonly<Record<string, string>> = { traces: 'Traces', collections: 'Collections' };

/** Words of the template in the form that services take. */
const placed = (text: string): string =>
  text
    .replaceAll('arn:Partition:', 'arn:aws:')
    .replaceAll(/"(Pipeline\w+)\.Arn"/g, `"arn:aws:lambda:${REGION}:${ACCOUNT}:function:$1"`)
    .replaceAll(/"(Traces|Collections)"/g, (_, name: string) => JSON.stringify(name.toLowerCase()));

const Machine = z.object({ DefinitionString: z.string() });
const Rule = z.object({ EventPattern: z.unknown(), Targets: z.tuple([z.object({ Arn: z.string() })]) });
const LambdaFunction = z.object({
  Role: z.string().transform((arn) => arn.replace(/\.Arn$/, '')),
  MemorySize: z.number(),
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});

function asFunction({ name, properties }: Resource, outdir: string) {
  const { Role: role, Code, Environment, MemorySize } = LambdaFunction.parse(properties);
  const bundle = join(outdir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.js');
  if (!existsSync(bundle)) throw new Error(`${name} was not bundled: there is no ${bundle}`);
  const variables = Object.entries(Environment.Variables).map(([key, value]) => [
    key,
    NAMES[value.toLowerCase()] === value ? value.toLowerCase() : value === 'PipelineStateMachine' ? MACHINE_ARN : value,
  ]);
  const environment: Record<string, string> = Object.fromEntries(variables);
  return { name, role, bundle, environment: { ...environment, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize) } };
}
