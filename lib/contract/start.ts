import * as z from 'zod';

/** What S3 sends through EventBridge when an object was created; only what is read of it. */
export const S3Event = z.looseObject({
  'detail-type': z.literal('Object Created'),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({
      key: z.string(),
      size: z.int().optional(),
      /** Without the quotes that it has everywhere else. */
      etag: z.string().optional(),
      'version-id': z.string().optional(),
    }),
  }),
});
export type S3Event = z.infer<typeof S3Event>;
