import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, onTestFinished, test } from 'vitest';
import { PipelineStack } from '../../../infra/stack.ts';
import { vpcStack } from '../../infra/vpc-stack.ts';
import { localStackPython } from './localstack.ts';

/** The template as CloudFormation gets it, by the checks that AWS publishes of its schemas. */

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const secretArn = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}`;

const CONTEXTS = {
  defaults: {},
  gathered: { uploads: { quietMinutes: 5 } },
  marked: { uploads: { marker: '_SUCCESS' } },
  options: {
    encryptionKey: 'create',
    secretsKeyArn: KEY,
    allowedEndpoints: [
      { origin: 'https://agent.example.com', purpose: 'workflow', secretArns: [secretArn('agent-AbCdEf')] },
      {
        ...{ origin: 'http://nemo.internal:8000', purpose: 'training', namespaces: ['team'] },
        secretArns: [secretArn('nemo-AbCdEf')],
      },
    ],
    reservedConcurrency: '50',
    alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call',
  },
  existing: { tracesBucketName: 'my-traces', collectionsBucketName: 'my-runs', encryptionKey: KEY },
};

test('cfn-lint finds nothing in the templates of the defaults, of all options, of existing buckets and of a VPC', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cfn-lint-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const appOf = (context: object) => new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
  const stacks: readonly (readonly [string, Stack])[] = [
    ...Object.entries(CONTEXTS).map(([name, context]) => [name, new PipelineStack(appOf(context), 'Stack')] as const),
    ['vpc', vpcStack()(appOf({}))],
  ];
  const files = stacks.map(async ([name, stack]) => {
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(Template.fromStack(stack).toJSON()));
    return file;
  });
  const lint = join(dirname(await localStackPython()), 'cfn-lint');
  // CDK itself names a role that a function already refers to (W3005).
  const settings = ['--regions', 'eu-central-1', '--format', 'parseable', '--ignore-checks', 'W3005', '--'];
  const { stdout } = await promisify(execFile)(lint, [...settings, ...(await Promise.all(files))]).catch(
    (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message }),
  );
  expect(stdout).toBe('');
});
