import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SHARD_TAG } from '../adapters/s3/shard-tag.ts';
import { acknowledge } from './acknowledge.ts';
import { MAP_RESULTS } from './states.ts';

/** A bucket is kept when its stack goes, unless `removalPolicy` says otherwise. */
export interface PrivateBucketProps extends Pick<BucketProps, 'bucketName' | 'removalPolicy' | 'autoDeleteObjects'> {
  /** Encrypts what is written; S3's own keys do otherwise. */
  readonly encryptionKey?: IKey;
}

/** Private, encrypted, TLS only, versioned, and kept when the stack goes unless asked otherwise. */
const kept = ({ encryptionKey, ...rest }: PrivateBucketProps) =>
  ({
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    ...(encryptionKey
      ? // With a bucket key S3 asks KMS once for many objects, not once for each.
        { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    enforceSSL: true,
    // A version pins a trace for good, and outlives an overwrite.
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    ...rest,
  }) as const satisfies BucketProps;

/** Parts of an upload that was never finished are invisible and paid for. */
const ABANDONED_UPLOADS = { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) };

/** Time to fix a failed run and go on with its shards; one that is started again later builds them anew. */
const MENDING_TIME = Duration.days(30);

/** Where users put traces. Its events go to EventBridge. */
export class TracesBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps = {}) {
    super(scope, id, { ...kept(props), lifecycleRules: [ABANDONED_UPLOADS] });
    acknowledgeKept(this, props);
    // `eventBridgeEnabled` would say the same through a custom resource, with a Lambda and a role of its own.
    if (this.node.defaultChild instanceof CfnBucket) {
      this.node.defaultChild.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    }
  }
}

/**
 * Where runs are written. A run's results stay; what goes is what nobody reads any more: its shards, whose lines are in
 * the collection and the datasets, what was chosen of their pairs, what the maps of its execution said, and versions that
 * were replaced or removed. A rule takes a literal prefix, and shards and choices lie under `runs/<run_id>/`: so the
 * functions tag them, and the rule goes by the tag. Step Functions tags nothing; what it writes has a prefix of its own.
 */
export class CollectionsBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps = {}) {
    super(scope, id, {
      ...kept(props),
      lifecycleRules: [
        ABANDONED_UPLOADS,
        { id: 'shards', tagFilters: SHARD_TAG, expiration: MENDING_TIME },
        { id: 'maps', prefix: MAP_RESULTS, expiration: MENDING_TIME },
        { id: 'replaced-and-removed', noncurrentVersionExpiration: MENDING_TIME, expiredObjectDeleteMarker: true },
      ],
    });
    acknowledgeKept(this, props);
  }
}

function acknowledgeKept(bucket: Bucket, { encryptionKey }: PrivateBucketProps): void {
  for (const rule of ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled']) {
    acknowledge(bucket, rule, ACCESS_LOGS);
  }
  acknowledge(bucket, 'NIST.800.53.R5-S3BucketReplicationEnabled', REPLICATION);
  if (!encryptionKey) acknowledge(bucket, 'NIST.800.53.R5-S3DefaultEncryptionKMS', NO_KEY);
}

const REPLICATION =
  'The owner of the data decides where copies may be, and gives buckets that replicate (tracesBucketName, collectionsBucketName). Versions are kept, and a run can be built again from its traces.';

const NO_KEY = "S3's own keys encrypt every object (SSE-S3); with encryptionKey the owner's KMS key does.";

const ACCESS_LOGS =
  "S3's access logs are best effort and need a bucket of their own; CloudTrail's data events record who read and wrote what, and an account turns them on for all of its buckets at once.";
