import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { TOKENIZER_FILES } from '../lib/contract/tokenizer-files.ts';
import { acknowledgeWildcards } from './acknowledge.ts';

/**
 * What reading an object takes where the bucket keeps versions. The S3 store reads in ranges, and names in each after the
 * first the version that the first one met: that is a right of its own.
 */
export const READ = ['s3:GetObject', 's3:GetObjectVersion'] as const;

/**
 * Reads traces at the version they were pinned at, and lists them, where keys begin so.
 * `s3:ListBucket` also is what makes S3 say of a key that is not there "not found" and not "forbidden".
 */
export function readTraces(reader: IGrantable, traces: IBucket, prefix: string): void {
  list(reader, traces, `${prefix}*`);
  grantObjects(reader, traces, { actions: READ, keys: [`${prefix}*`], wildcards: ANY_TRACE });
  useKey(reader, traces, ['kms:Decrypt']);
}

/** Reads a model's tokenizer, which may be anywhere in the traces bucket: under the prefix an upload of it would start a run. */
export function readTokenizers(reader: IGrantable, traces: IBucket): void {
  const keys = Object.values(TOKENIZER_FILES).map((name) => `*${name}`);
  grantObjects(reader, traces, { actions: READ, keys, wildcards: ANY_TOKENIZER });
}

/** What writing one takes, in parts where it is large. */
export const WRITE = ['s3:PutObject', 's3:AbortMultipartUpload'] as const;

/**
 * Reads the `run.json` that was uploaded: of an execution that failed before the request was stored, it says which run that
 * was.
 */
export function readUploadedRequests(reader: IGrantable, traces: IBucket, prefix: string): void {
  // Most folders have none, and that is no failure.
  list(reader, traces, `${prefix}*run.json`);
  const keys = ['run.json', '*/run.json'].map((file) => `${prefix}${file}`);
  grantObjects(reader, traces, { actions: READ, keys, wildcards: ANY_TRACE });
  useKey(reader, traces, ['kms:Decrypt']);
}

/**
 * Lists keys that begin so. A request for an object that is not there brings no prefix, and must be answered "not found":
 * hence `IfExists`.
 */
export function list(user: IGrantable, bucket: IBucket, prefix: string): void {
  grant(user, ['s3:ListBucket'], [bucket.bucketArn], {
    conditions: { ...inOwnAccount(bucket), StringLikeIfExists: { 's3:prefix': prefix } },
  });
}

/** Lists and describes executions and their maps, and the stack whose outputs say where they are. */
export function readExecutions(grantee: IGrantable, stateMachine: StateMachine): Grant {
  const { stateMachineArn, stateMachineName } = stateMachine;
  const stack = Stack.of(stateMachine);
  const ofMachine = (resource: string, resourceName: string): string =>
    stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const executions = ofMachine('execution', `${stateMachineName}:*`);
  const allowed: readonly (readonly [string[], string])[] = [
    [['states:ListExecutions'], stateMachineArn],
    [['states:DescribeExecution', 'states:GetExecutionHistory', 'states:ListMapRuns'], executions],
    [['states:DescribeMapRun'], ofMachine('mapRun', `${stateMachineName}/*`)],
    [['cloudformation:DescribeStacks'], stack.stackId],
  ];
  return allowed
    .map(([actions, arn]) => Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] }))
    .reduce((one, other) => one.combine(other));
}

interface ObjectRights {
  readonly actions: readonly string[];
  readonly keys: readonly string[];
  /** What a wildcard in the keys stands for; a run's id. */
  readonly wildcards?: string;
}

/** Allows `actions` on objects of the bucket, as long as it is of the account that it was deployed with. */
export function grantObjects(user: IGrantable, bucket: IBucket, { actions, keys, wildcards }: ObjectRights): void {
  grant(
    user,
    actions,
    keys.map((key) => bucket.arnForObjects(key)),
    { conditions: inOwnAccount(bucket), ...(wildcards === undefined ? {} : { wildcards }) },
  );
}

/** A bucket's name is free once the bucket is removed: what somebody else then makes of it is neither read nor written. */
const inOwnAccount = (bucket: IBucket) => ({ StringEquals: { 'aws:ResourceAccount': bucket.env.account } });

/** Uses the bucket's key, where it has one of its own, and only as S3 does in the user's name. */
export function useKey(user: IGrantable, bucket: IBucket, actions: readonly string[]): void {
  if (bucket.encryptionKey) grant(user, actions, [bucket.encryptionKey.keyArn], { conditions: through(bucket, 's3') });
}

/** Puts messages into a queue that the key encrypts. */
export function useQueueKey(user: IGrantable & Construct, key: IKey): void {
  grant(user, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn], { conditions: through(user, 'sqs') });
}

/** Reads these secrets, and no other. */
export function readSecrets(reader: IGrantable, secrets: readonly ISecret[]): void {
  if (secrets.length === 0) return;
  grant(reader, ['secretsmanager:GetSecretValue'], secrets.map(secretArnOf));
  for (const secret of secrets) {
    if (!secret.encryptionKey) continue;
    const conditions = through(secret, 'secretsmanager');
    grant(reader, ['kms:Decrypt'], [secret.encryptionKey.keyArn], { conditions });
  }
}

/** Where only the ARN's beginning is known, Secrets Manager's six characters stand at its end. */
export const secretArnOf = ({ secretFullArn, secretArn }: ISecret): string => secretFullArn ?? `${secretArn}-??????`;

interface GrantOptions {
  /** What a wildcard in the resources stands for; a run's id. */
  readonly wildcards?: string;
  readonly conditions?: Readonly<Record<string, unknown>>;
}

/** Allows `actions` on `resources`. */
export function grant(
  to: IGrantable,
  actions: readonly string[],
  resources: readonly string[],
  { wildcards = ANY_RUN, conditions = {} }: GrantOptions = {},
): void {
  const { grantPrincipal } = to;
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
  );
  // A function's role; a policy itself.
  const at = Construct.isConstruct(grantPrincipal) ? grantPrincipal : to;
  if (Construct.isConstruct(at)) acknowledgeWildcards(at, resources, wildcards);
}

const ANY_RUN =
  "The wildcard is a run's id, which is known only when the run starts, and the files in one of its folders; the bucket and the folder are named.";

const ANY_TRACE =
  'The traces of a run are known only when it starts: any under the prefix that uploads start runs from. They are read, never written.';

const ANY_TOKENIZER =
  'Which model a request counts tokens by is known only when it is started: files of these three names are read, never written.';

const through = (resource: Construct | IBucket | ISecret, service: string) => ({
  StringEquals: { 'kms:ViaService': `${service}.${Stack.of(resource).region}.amazonaws.com` },
});
