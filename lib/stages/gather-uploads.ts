import { createHash } from 'node:crypto';
import { type GatheredUploads, isUploadName } from '../contract/start.ts';
import { isHidden, isLeftBeside, isSourceName } from '../sources/beside-traces.ts';
import { isOtherFile, nameOf } from '../sources/formats/nat/evaluation-folder.ts';
import { REQUEST_NAME } from './find-traces.ts';

/** A folder to which files were uploaded, each of them at least as long ago as the folder has to be quiet. */
export interface ArrivedUploads {
  readonly bucket: string;
  /** Ends in "/", or is empty. */
  readonly folder: string;
  /** When the last of these uploads was whole, in milliseconds of S3's clock. */
  readonly latest: number;
}

export interface UploadedFile {
  readonly key: string;
  readonly etag: string;
  /** In milliseconds of S3's clock. */
  readonly modified: number;
}

export interface GatherDeps {
  /** The files right in a folder, in the same order each time. */
  readonly listFolder: (bucket: string, folder: string) => AsyncIterable<UploadedFile>;
  /** Starts an execution. One of this name that was started before stays as it is. */
  readonly start: (name: string, input: GatheredUploads) => Promise<void>;
}

export type GatherOutput =
  | { readonly status: 'started'; readonly run_id: string }
  /** A file came later than these. Its own event looks again. */
  | { readonly status: 'not_quiet' }
  | { readonly status: 'no_traces' };

/**
 * Starts a run over a folder if nothing was uploaded to it after these uploads. Events only say where to look; what is in
 * the folder, S3's listing says. So it does not matter in which order events come, or how often. If a file is later than
 * these uploads, its event is still to come: it waits as long as theirs did. The last file's event finds none that is
 * later. The run is named after the listing, so that a second look at the same files finds the run of the first. It reads
 * what was listed: a file that arrives while the run starts belongs to the next one.
 */
export async function gatherUploads(
  { bucket, folder, latest }: ArrivedUploads,
  { listFolder, start }: GatherDeps,
): Promise<GatherOutput> {
  const listing = createHash('sha256').update(JSON.stringify([bucket, folder]));
  let holdsTraces = false;
  let until = 0;
  for await (const { key, etag, modified } of listFolder(bucket, folder)) {
    until = Math.max(until, modified);
    // Of other files no event comes: they are read with the rest.
    if (!isUploadName(key)) continue;
    if (modified > latest + CLOCK_TOLERANCE_MS) return { status: 'not_quiet' };
    listing.update(JSON.stringify([key, etag, modified]));
    holdsTraces ||= mayHoldTraces(key);
  }
  if (!holdsTraces) return { status: 'no_traces' };
  const run_id = `upload-${listing.digest('hex').slice(0, 16)}`;
  await start(run_id, { run_id, gathered: { bucket, folder, until: new Date(until).toISOString() } });
  return { status: 'started', run_id };
}

/**
 * An event's time is cut to the second, and no two machines have quite the same clock: without this, a file could look
 * later than its own event, and nothing would come after it.
 */
const CLOCK_TOLERANCE_MS = 10_000;

const mayHoldTraces = (key: string): boolean =>
  isSourceName(key) &&
  !isLeftBeside(key) &&
  !isHidden(nameOf(key)) &&
  !REQUEST_NAME.test(key) &&
  !isOtherFile(nameOf(key));
