import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Reads objects at the version they were pinned at, and lists them.
 * `s3:ListBucket` also is what makes S3 say of a key that is not there "not found" and not "forbidden".
 */
export function readPinned(reader: IGrantable, bucket: IBucket): void {
  grant(reader, ['s3:ListBucket'], bucket.bucketArn);
  grant(reader, ['s3:GetObject', 's3:GetObjectVersion'], bucket.arnForObjects('*'));
}

/** Reads and writes runs, in parts where they are large. */
export function readWrite(writer: IGrantable, bucket: IBucket): void {
  grant(writer, ['s3:ListBucket'], bucket.bucketArn);
  grant(writer, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], bucket.arnForObjects('runs/*'));
}

/** Removes the pieces of which a file is composed that has too many parts for one upload: `<file>.jsonl.<piece>`. */
export function removePieces(composer: IGrantable, bucket: IBucket): void {
  grant(composer, ['s3:DeleteObject'], bucket.arnForObjects('runs/*/*.jsonl.*'));
}

/** Reads the secrets that requests may name, and no other. */
export function readSecrets(reader: IGrantable, arns: readonly string[]): void {
  if (arns.length === 0) return;
  reader.grantPrincipal.addToPrincipalPolicy(allow(['secretsmanager:GetSecretValue'], [...arns]));
}

export const allow = (actions: string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources });

function grant(to: IGrantable, actions: string[], resource: string): void {
  to.grantPrincipal.addToPrincipalPolicy(allow(actions, [resource]));
}
