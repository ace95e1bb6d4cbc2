import { type Access, isAllowed, type Statement } from './iam-policy.ts';
import { S3Failure } from './s3/failure.ts';
import { copySourceOf, type Operation, type S3Request } from './s3/operations.ts';
import type { Guard } from './s3-server.ts';

export interface RoleStoreOptions {
  /** What each user may do, by the access key that its requests are signed with. */
  readonly users: Readonly<Record<string, readonly Statement[]>>;
  /** The KMS key of each bucket that has one, by the bucket's name. */
  readonly keys: Readonly<Record<string, string | undefined>>;
}

export interface RoleStore {
  /** For the S3 server: a request needs every right that S3 asks for it. */
  readonly guard: Guard;
  /** What was refused, each as `user may not action on resource`. The caller may have got over it. */
  readonly refusals: string[];
  /** Who has sent a request. */
  readonly seen: ReadonlySet<string>;
  /** Accounts that have buckets, by the buckets' names; the others are of the stack's own. */
  readonly owners: Map<string, string>;
}

/** S3's decisions by the rights of the user who asks. Names are those of a template in words: `Traces.Arn/a.jsonl`. */
export function roleStore({ users, keys }: RoleStoreOptions): RoleStore {
  const refusals: string[] = [];
  const seen = new Set<string>();
  const owners = new Map<string, string>();
  const owned = ({ context, ...access }: Access): Access => {
    const owner = owners.get(access.resource.replace(/\.Arn(?:\/.*)?$/s, ''));
    return { ...access, context: { ...context, ...(owner !== undefined && { 'aws:ResourceAccount': owner }) } };
  };
  const require = (user: string, needed: readonly Access[]) => {
    const missing = needed.find((access) => !isAllowed(users[user] ?? [], owned(access)));
    if (!missing) return;
    refusals.push(`${user} may not ${missing.action} on ${missing.resource}`);
    throw new S3Failure(403, 'AccessDenied', refusals.at(-1));
  };
  const guard: Guard = (request, perform) => {
    const user = userOf(request);
    seen.add(user);
    const { rights, read, written } = needed(request);
    require(user, [
      ...rights,
      ...uses('kms:Decrypt', keys[read ?? '']),
      ...uses('kms:GenerateDataKey', keys[written ?? '']),
    ]);
    try {
      return perform(request);
    } catch (error) {
      // Without this right S3 does not even say that there is no such object.
      if (error instanceof S3Failure && error.code === 'NoSuchKey') require(user, [list(read ?? request.bucketName)]);
      throw error;
    }
  };
  return { guard, refusals, seen, owners };
}

/** The user, out of the signature: `AWS4-HMAC-SHA256 Credential=<access key>/<date>/…`. */
const userOf = ({ headers }: S3Request): string =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'nobody';

interface Needed {
  readonly rights: readonly Access[];
  /** Buckets whose keys are used. */
  readonly read?: string;
  readonly written?: string;
}

const needed = (request: S3Request): Needed => NEEDED[request.operation](request);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const NEEDED: Readonly<Record<Operation, (request: S3Request) => Needed>> = {
  GetObject: readsObject,
  HeadObject: readsObject,
  ListObjectsV2: ({ bucketName, query }) => ({ rights: [list(bucketName, query.get('prefix') ?? undefined)] }),
  PutObject: beginsObject,
  // Parts are decrypted when they are put together.
  CreateMultipartUpload: (request) => ({ ...beginsObject(request), read: request.bucketName }),
  UploadPart: (request) => ({ rights: [on('s3:PutObject', request)], written: request.bucketName }),
  UploadPartCopy: (request) => {
    const source = copySourceOf(request);
    return {
      rights: [on('s3:PutObject', request), on(readAction(source.version), source)],
      ...{ read: source.bucketName, written: request.bucketName },
    };
  },
  CompleteMultipartUpload: (request) => ({ rights: [on('s3:PutObject', request)], read: request.bucketName }),
  AbortMultipartUpload: (request) => ({ rights: [on('s3:AbortMultipartUpload', request)] }),
  DeleteObject: (request) => ({ rights: [on('s3:DeleteObject', request)] }),
};

function readsObject(request: S3Request): Needed {
  const version = request.query.get('versionId') ?? undefined;
  return { rights: [on(readAction(version), request)], read: request.bucketName };
}

function beginsObject(request: S3Request): Needed {
  const tags = request.headers['x-amz-tagging'] === undefined ? [] : [on('s3:PutObjectTagging', request)];
  return { rights: [on('s3:PutObject', request), ...tags], written: request.bucketName };
}

/** A read that names a version needs the one right and not the other. */
const readAction = (version: string | undefined) => (version === undefined ? 's3:GetObject' : 's3:GetObjectVersion');

const on = (action: string, { bucketName, key }: Pick<S3Request, 'bucketName' | 'key'>): Access => ({
  action,
  resource: `${bucketName}.Arn/${key}`,
  context: OWN,
});

/** The stack's own account has all buckets, unless `owners` says otherwise. */
const OWN = { 'aws:ResourceAccount': 'AccountId' };

/** A request for an object that is not there brings no prefix. */
const list = (bucketName: string, prefix?: string): Access => ({
  action: 's3:ListBucket',
  resource: `${bucketName}.Arn`,
  context: { ...OWN, ...(prefix === undefined ? {} : { 's3:prefix': prefix }) },
});

/** A key's use by S3 in the user's name. */
const uses = (action: string, key: string | undefined): Access[] =>
  key === undefined ? [] : [{ action, resource: key, context: { 'kms:ViaService': 's3.Region.amazonaws.com' } }];
