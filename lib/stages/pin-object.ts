import type { Slice, TraceObject } from '../contract/plan.ts';

/** The object as a slice names it: exactly these bytes. */
export const pinObject = ({ bucket, key, version, etag, bytes: object_bytes }: TraceObject): PinnedObject => ({
  ...{ bucket, key, version, etag, object_bytes },
});

type PinnedObject = Pick<Slice, 'bucket' | 'key' | 'version' | 'etag' | 'object_bytes'>;
