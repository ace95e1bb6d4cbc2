import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Private, encrypted, TLS only, versioned, and kept when the stack goes. */
const kept = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  // A version pins a trace for good, and outlives an overwrite.
  versioned: true,
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies BucketProps;

/** Parts of an upload that was never finished are invisible and paid for. */
const ABANDONED_UPLOADS = { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) };

/** Where users put traces. Its events go to EventBridge. */
export class TracesBucket extends Bucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, { ...kept, lifecycleRules: [ABANDONED_UPLOADS] });
    // `eventBridgeEnabled` would say the same through a custom resource, with a Lambda and a role of its own.
    if (this.node.defaultChild instanceof CfnBucket) {
      this.node.defaultChild.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    }
  }
}

/**
 * Where runs are written.
 *
 * Shards' intermediates (`runs/<run_id>/shards/`) stay as long as their run: a lifecycle rule takes a literal prefix,
 * a tag or a size, and none of these tells them from the run's results. What is overwritten or removed does go:
 * the version left behind expires.
 */
export class CollectionsBucket extends Bucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      ...kept,
      lifecycleRules: [
        ABANDONED_UPLOADS,
        {
          id: 'replaced-and-removed',
          // Past the 14 days in which an execution can be redriven.
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
  }
}
