import { Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge.ts';

/**
 * What reading an object takes where the bucket keeps versions. The S3 store reads in ranges, and names in each after the
 * first the version that the first one met: that is a right of its own.
 */
export const READ = ['s3:GetObject', 's3:GetObjectVersion'] as const;

/**
 * Reads objects at the version they were pinned at, and lists them.
 * `s3:ListBucket` also is what makes S3 say of a key that is not there "not found" and not "forbidden".
 */
export function readPinned(reader: IGrantable, bucket: IBucket): void {
  grant(reader, ['s3:ListBucket'], [bucket.bucketArn]);
  grant(reader, READ, [bucket.arnForObjects('*')], { wildcards: ANY_TRACE });
  useKey(reader, bucket, ['kms:Decrypt']);
}

/** Reads runs, and writes them, in parts where they are large. */
export function readWrite(writer: IGrantable, bucket: IBucket): void {
  grant(writer, ['s3:ListBucket'], [bucket.bucketArn]);
  grant(writer, [...READ, ...WRITE], [bucket.arnForObjects('runs/*')]);
  useKey(writer, bucket, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

const WRITE = ['s3:PutObject', 's3:AbortMultipartUpload'] as const;

/** Reads runs, and writes one folder of them, whose objects it marks for the lifecycle rule that removes them. */
export function readWriteExpiring(writer: IGrantable, bucket: IBucket, folder: 'shards' | 'choice'): void {
  grant(writer, ['s3:ListBucket'], [bucket.bucketArn]);
  grant(writer, READ, [bucket.arnForObjects('runs/*')]);
  grant(writer, [...WRITE, 's3:PutObjectTagging'], [bucket.arnForObjects(`runs/*/${folder}/*`)]);
  useKey(writer, bucket, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** Composes a run's `rejected.jsonl`, and removes its pieces where it has too many parts for one upload. */
export function composeRejected(composer: IGrantable, bucket: IBucket): void {
  const pieces = bucket.arnForObjects('runs/*/rejected.jsonl.*');
  grant(composer, WRITE, [bucket.arnForObjects('runs/*/rejected.jsonl'), pieces]);
  grant(composer, ['s3:DeleteObject'], [pieces]);
}

/** Removes the pieces of which a file is composed that has too many parts for one upload: `<file>.jsonl.<piece>`. */
export function removePieces(composer: IGrantable, bucket: IBucket): void {
  grant(composer, ['s3:DeleteObject'], [bucket.arnForObjects('runs/*/*.jsonl.*')]);
}

/**
 * Says in a run's folder how its execution failed, where nothing later is said there. Which run that is, its request
 * says; of an execution that failed before the request was stored, the `run.json` that was uploaded.
 */
export function recordFailures(recorder: IGrantable, traces: IBucket, collections: IBucket): void {
  grant(recorder, ['s3:ListBucket'], [collections.bucketArn]);
  for (const file of ['request.json', 'manifest.json', 'failure.json']) {
    grant(recorder, READ, [collections.arnForObjects(`runs/*/${file}`)]);
  }
  grant(recorder, ['s3:PutObject'], [collections.arnForObjects('runs/*/failure.json')]);
  useKey(recorder, collections, ['kms:Decrypt', 'kms:GenerateDataKey']);
  for (const key of ['run.json', '*/run.json']) {
    grant(recorder, READ, [traces.arnForObjects(key)], { wildcards: ANY_TRACE });
  }
  useKey(recorder, traces, ['kms:Decrypt']);
}

/** Uses the bucket's key, where it has one of its own, and only as S3 does in the user's name. */
export function useKey(user: IGrantable, bucket: IBucket, actions: readonly string[]): void {
  if (bucket.encryptionKey) grant(user, actions, [bucket.encryptionKey.keyArn], { conditions: through(bucket, 's3') });
}

/** Reads the secrets that requests may name, and no other. */
export function readSecrets(reader: IGrantable, secrets: readonly ISecret[]): void {
  if (secrets.length === 0) return;
  // Where only the ARN's beginning is known, Secrets Manager's six characters stand at its end.
  const arns = secrets.map(({ secretFullArn, secretArn }) => secretFullArn ?? `${secretArn}-??????`);
  grant(reader, ['secretsmanager:GetSecretValue'], arns);
  for (const secret of secrets) {
    if (!secret.encryptionKey) continue;
    const conditions = through(secret, 'secretsmanager');
    grant(reader, ['kms:Decrypt'], [secret.encryptionKey.keyArn], { conditions });
  }
}

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
  "The wildcard stands for a run's id, which is known only when it is started, and for the files in one of its folders; the bucket and the folder are named.";

const ANY_TRACE =
  'Which traces a run reads is known only when it is started: any in this bucket, which is for traces alone. They are read, never written.';

const through = (resource: Construct | IBucket | ISecret, service: string) => ({
  StringEquals: { 'kms:ViaService': `${service}.${Stack.of(resource).region}.amazonaws.com` },
});
