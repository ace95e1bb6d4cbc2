import { createHash } from 'node:crypto';
import { parseRequest } from '../contract/parse-request.ts';
import type { Request } from '../contract/request.ts';
import { GatheredUploads, isMarkerName, S3Event } from '../contract/start.ts';
import type { EvaluateInput } from '../contract/states.ts';
import { NoTraces } from '../errors.ts';
import type { Pin } from '../objects/store.ts';
import { folderOf } from '../sources/folders.ts';
import { isObject } from '../sources/json/exact-json.ts';
import { type ListedObject, REQUEST_NAME } from './find-traces.ts';
import { type UploadedSettingsDeps, uploadedSettings } from './uploaded-settings.ts';

/**
 * What the execution was started with, as a checked request: a request itself, the event of an upload, or a folder whose
 * uploads were gathered. S3 sends an event at least once, so an upload's run is named after the upload: its second event
 * finds the first one's run. An upload may not name its run: the id could be another's.
 */
export async function requestOf({ execution, input }: EvaluateInput, deps: UploadedSettingsDeps): Promise<Request> {
  const start = readStart(input);
  if (start.by === 'request') return parseRequest(isObject(input) ? { run_id: execution, ...input } : input);
  const { run_id } = start;
  if (start.by === 'folder') return parseRequest({ run_id, ...(await requestOver(start.gathered, deps)) });
  const { bucket, object } = start;
  const place = { bucket: bucket.name, folder: folderOf(object.key) };
  if (isMarkerName(object.key)) return parseRequest({ run_id, ...(await requestOver(place, deps)) });
  if (!REQUEST_NAME.test(object.key)) {
    return parseRequest({ run_id, source: { traces: { bucket: bucket.name, key: object.key } } });
  }
  const settings = await uploadedSettings({ bucket: bucket.name, key: object.key, pin: pinOf(object) }, deps);
  return parseRequest({ run_id, ...over(place), ...settings });
}

interface Folder {
  readonly bucket: string;
  readonly folder: string;
}

/** Over a folder's traces, with the settings of its `run.json` where it has one. */
async function requestOver(place: Folder, deps: UploadedSettingsDeps) {
  const key = `${place.folder}run.json`;
  const pin = await deps.bucket(place.bucket).head(key);
  return { ...over(place), ...(pin && (await uploadedSettings({ bucket: place.bucket, key, pin }, deps))) };
}

const over = ({ bucket, folder }: Folder) => ({ source: { traces: { bucket, prefix: folder } } });

/** The run id of an upload, or of several, where such started the execution. */
export function uploadedRunId(input: unknown): string | undefined {
  const start = readStart(input);
  return start.by === 'request' ? undefined : start.run_id;
}

/** What started an execution: a request, the event of an upload, or a folder whose uploads were gathered. */
type Start =
  | { readonly by: 'request' }
  | ({ readonly by: 'folder' } & GatheredUploads)
  | ({ readonly by: 'upload'; readonly run_id: string } & Pick<S3Event['detail'], 'bucket' | 'object'>);

function readStart(input: unknown): Start {
  const gathered = GatheredUploads.safeParse(input);
  if (gathered.success) return { by: 'folder', ...gathered.data };
  const event = S3Event.safeParse(input);
  if (!event.success) return { by: 'request' };
  const { bucket, object } = event.data.detail;
  return { by: 'upload', run_id: runIdOf(event.data), bucket, object };
}

const runIdOf = ({ detail: { bucket, object } }: S3Event): string =>
  `upload-${sha256([bucket.name, object.key, object['version-id'], object.etag, ...markersOwn(object)]).slice(0, 16)}`;

/** A marker has the same bytes each time: without a version, only this tells a second one from a second event. */
const markersOwn = ({ key, sequencer, 'version-id': version }: S3Event['detail']['object']): readonly string[] =>
  isMarkerName(key) && version === undefined && sequencer !== undefined ? [sequencer] : [];

/**
 * The traces found, and of an upload the bytes that its event tells of: the event can come late, when other bytes stand
 * there, and those have an event and a run of their own. Where the bucket kept no version of the older ones, reading
 * them fails as InputChanged. Of a gathered folder, what it held when it was found quiet.
 */
export function asUploaded({ input }: EvaluateInput, objects: readonly ListedObject[]): readonly ListedObject[] {
  const start = readStart(input);
  if (start.by === 'request') return objects;
  if (start.by === 'folder') return gatheredOf(start.gathered, objects);
  const { bucket, object } = start;
  const pin = pinOf(object);
  const { size: bytes } = object;
  if (!pin || bytes === undefined) return objects;
  return objects.map((found) => {
    if (found.bucket !== bucket.name || found.key !== object.key) return found;
    const same = found.etag === pin.etag && (pin.version === undefined || pin.version === found.version);
    return same ? found : { bucket: found.bucket, key: found.key, bytes, ...pin };
  });
}

/**
 * The files right in the folder that were there when it was found quiet: folders below are gathered by themselves, and a
 * file that came later has an event of its own, which starts the next run. A run.json may set another source than the
 * folder, if the stack lets it: that is read as it is.
 */
function gatheredOf(
  { bucket, folder, until }: GatheredUploads['gathered'],
  objects: readonly ListedObject[],
): readonly ListedObject[] {
  const latest = Date.parse(until);
  const gathered = objects.filter(({ bucket: other, key, modified = latest }) => {
    if (other !== bucket || !key.startsWith(folder)) return true;
    return folderOf(key) === folder && modified <= latest;
  });
  if (gathered.length > 0) return gathered;
  throw new NoTraces(
    `${bucket}/${folder} no longer holds the traces of ${until} or before: they were removed, or replaced by later uploads, which have a run of their own. Upload the folder again if there is none.`,
  );
}

const pinOf = ({ etag, 'version-id': version }: S3Event['detail']['object']): Pin | undefined =>
  etag === undefined ? undefined : { etag: `"${etag}"`, version };

const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
