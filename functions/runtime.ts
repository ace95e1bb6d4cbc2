import * as z from 'zod';
import { s3Client, s3Store } from '../adapters/s3/s3-store.ts';
import { tagsOf } from '../adapters/s3/shard-tag.ts';
import type { Deps } from '../lib/stages/deps.ts';

/** What the stack sets. */
const Environment = z.object({ COLLECTIONS_BUCKET: z.string().min(1), CODE_VERSION: z.string().min(1) });

/** One client for as long as the Lambda lives: connections are reused from one invocation to the next. */
const client = s3Client();
const { COLLECTIONS_BUCKET, CODE_VERSION } = Environment.parse(process.env);

export const deps: Deps = {
  bucket: (name) => s3Store(client, name),
  collections: s3Store(client, COLLECTIONS_BUCKET, { tagsOf }),
  collectionsBucket: COLLECTIONS_BUCKET,
  now: () => new Date(),
  codeVersion: CODE_VERSION,
};
