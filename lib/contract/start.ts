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

/**
 * What a stack takes of an uploaded `run.json`. `restricted`: {@link UPLOADED_SETTINGS}, over the file's own folder.
 * `all`: a whole request, so that an upload may do what StartExecution may.
 */
export const RequestsFromUploads = z.enum(['restricted', 'all']);
export type RequestsFromUploads = z.infer<typeof RequestsFromUploads>;

/** The settings of a request that say how pairs are made and shown, and neither what is read, nor who is sent it, nor whose run it is. */
export const UPLOADED_SETTINGS: readonly string[] = ['builder', 'dataset', 'limits', 'report'];
