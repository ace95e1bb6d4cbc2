import * as z from 'zod';
import { RunId } from './run-id.ts';

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
      /** Of each upload to a key another. */
      sequencer: z.string().optional(),
    }),
  }),
});
export type S3Event = z.infer<typeof S3Event>;

/** An upload whose folder is looked at once it may be quiet. */
export const UploadEvent = S3Event.extend({
  /** When S3 had the whole object, by its clock, to the second. */
  time: z.iso.datetime(),
});
export type UploadEvent = z.infer<typeof UploadEvent>;

/**
 * What a stack takes of an uploaded `run.json`. `restricted`: {@link UPLOADED_SETTINGS}, over the file's own folder.
 * `all`: a whole request, so that an upload may do what StartExecution may.
 */
export const RequestsFromUploads = z.enum(['restricted', 'all']);
export type RequestsFromUploads = z.infer<typeof RequestsFromUploads>;

/** The settings of a request that say how pairs are made and shown, and neither what is read, nor who is sent it, nor whose run it is. */
export const UPLOADED_SETTINGS: readonly string[] = ['builder', 'dataset', 'limits', 'report'];

/** What a trace file's name ends in; that of settings, `run.json`, too. The upload rule and the functions go by it. */
export const UPLOAD_SUFFIXES = [
  ...(['.json', '.jsonl', '.ndjson', '.gz', '.zst'] as const),
  ...(['.csv', '.tsv', '.parquet', '.eval', '.zip'] as const),
] as const;

/** Whether an upload with this key may hold traces or settings. */
export const isUploadName = (key: string): boolean => UPLOAD_SUFFIXES.some((suffix) => key.endsWith(suffix));

/** Whether an upload only says that its folder is complete: a name without a dot, which no trace file has. */
export const isMarkerName = (key: string): boolean => !key.slice(key.lastIndexOf('/') + 1).includes('.');

/** SQS delays a message for so long at most. */
const MOST_QUIET_MINUTES = 15;
const QUIET_MINUTES = `must be 1 to ${MOST_QUIET_MINUTES} minutes`;

/**
 * When uploads start a run. `each`: every file at once, a run of its own. `marker`: only a file of that name, a run over
 * all traces of its folder. `quietMinutes`: a folder to which nothing was uploaded for so long, a run over its files.
 */
export const Uploads = z.union(
  [
    z.literal('each'),
    z.strictObject({
      marker: z.string().regex(/^(?:run\.json|(?!__)[^/*\\.]{1,255})$/, {
        error: 'must be run.json, or the name of a file without a dot, such as _SUCCESS',
      }),
    }),
    z.strictObject({
      quietMinutes: z.int().min(1, { error: QUIET_MINUTES }).max(MOST_QUIET_MINUTES, { error: QUIET_MINUTES }),
    }),
  ],
  {
    error: 'must be "each", {"marker":"_SUCCESS"} or {"quietMinutes":5}',
  },
);
export type Uploads = z.infer<typeof Uploads>;

/** What an execution is started with when a folder is quiet: a run over the files right in it. */
export const GatheredUploads = z.strictObject({
  run_id: RunId,
  gathered: z.strictObject({
    bucket: z.string(),
    /** Ends in "/", or is empty. */
    folder: z.string(),
    /** When the last of the files was uploaded. One that came later belongs to the run that its own event starts. */
    until: z.iso.datetime(),
  }),
});
export type GatheredUploads = z.infer<typeof GatheredUploads>;
