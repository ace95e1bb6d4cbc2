import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { byKey, type ObjectStore, type StoredObject } from '../../lib/objects/store.ts';
import { type Bucket, S3_LIMITS, type S3Limits } from './bucket.ts';
import { COPIES_IN_FLIGHT, composeObject } from './compose.ts';
import { storeError } from './errors.ts';
import { headObject } from './head.ts';
import { listObjects } from './list-objects.ts';
import { readObject } from './read.ts';
import { putObject, writeObject } from './write.ts';

/** The limits are S3's own where none are given; tests make them small. */
export interface S3StoreOptions extends Partial<S3Limits> {
  /** Tags of a new object with this key, as S3's API writes them (`name=value`). None, and no permission to tag is needed. */
  readonly tagsOf?: Bucket['tagsOf'];
}

/** The bucket as an object store. */
export function s3Store(client: S3Client, bucket: string, options: S3StoreOptions = {}): ObjectStore {
  const { tagsOf = () => undefined, ...limits } = options;
  const at: Bucket = { client, name: bucket, limits: { ...S3_LIMITS, ...limits }, tagsOf };
  return {
    name: `s3://${bucket}`,
    head: (key) => headObject(at, key),
    read: (key, options) => readObject(at, key, options),
    create: (key, body) => putObject(at, key, body, { ifAbsent: true }),
    write: (key, body, options) => writeObject(at, key, body, options),
    compose: (key, parts, options) => composeObject(at, key, parts, options),
    list: (prefix) => listInOrder(at, prefix),
    remove: (key) => removeObject(at, key),
  };
}

/**
 * A client whose requests cannot hang: 5 s to connect, and 2 minutes without a byte either way (S3 keeps a long
 * copy alive with white space), and so many sockets that what is under way at once waits for none. Region, credentials and
 * endpoint come from the environment; a server that is not AWS's is asked for a bucket by path.
 */
export const s3Client = (): S3Client => {
  const sockets = { maxSockets: COPIES_IN_FLIGHT + 32, keepAlive: true };
  const client = new S3Client({
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 120_000, httpAgent: sockets, httpsAgent: sockets },
  });
  // Here all places are known that an endpoint may come from. Of `http://localhost:9000` the SDK would make `bucket.localhost`.
  const { endpointProvider } = client.config;
  client.config.endpointProvider = (parameters, context) => {
    const ForcePathStyle = parameters.Endpoint !== undefined && !isOfAws(parameters.Endpoint);
    return endpointProvider({ ...parameters, ForcePathStyle }, context);
  };
  return client;
};

const isOfAws = (endpoint: string): boolean => /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);

/**
 * S3 lists by UTF-8 bytes, which is code-unit order until a key holds a character from U+D800 on (there UTF-16 puts
 * the astral characters before U+E000). From the first such key on, the listing is held and sorted.
 */
async function* listInOrder(bucket: Bucket, prefix: string): AsyncGenerator<StoredObject> {
  const held: StoredObject[] = [];
  for await (const object of listObjects(bucket, prefix)) {
    if (held.length > 0 || FROM_D800.test(object.key)) held.push(object);
    else yield object;
  }
  yield* held.sort(byKey);
}

const FROM_D800 = /[\uD800-\uFFFF]/;

async function removeObject(bucket: Bucket, key: string): Promise<void> {
  try {
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));
  } catch (error) {
    throw storeError(bucket, key, error);
  }
}
