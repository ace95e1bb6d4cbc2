import type { Slice, TraceObject } from '../contract/plan.ts';

/** The object as a slice names it: exactly these bytes. */
export const pinObject = ({
  bucket,
  key,
  version,
  etag,
  bytes,
}: TraceObject): Pick<Slice, 'bucket' | 'key' | 'version' | 'etag' | 'object_bytes'> => ({
  bucket,
  key,
  ...(version === undefined ? {} : { version }),
  etag,
  object_bytes: bytes,
});
