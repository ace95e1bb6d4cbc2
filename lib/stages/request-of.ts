import { createHash } from 'node:crypto';
import { LARGEST_SETTINGS } from '../contract/largest-settings.ts';
import { parseRequest, withoutSchemaName } from '../contract/parse-request.ts';
import type { TraceObject } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
import { type RequestsFromUploads, S3Event, UPLOADED_SETTINGS } from '../contract/start.ts';
import type { EvaluateInput } from '../contract/states.ts';
import { InvalidRequest } from '../errors.ts';
import type { Pin } from '../objects/store.ts';
import { readWhole } from '../sources/containers/byte-reader.ts';
import { isObject } from '../sources/json/exact-json.ts';
import type { Deps } from './deps.ts';
import { REQUEST_NAME } from './find-traces.ts';

export interface RequestDeps extends Deps {
  /** `restricted` if left out. */
  readonly requestsFromUploads?: RequestsFromUploads | undefined;
}

/**
 * What the execution was started with, as a checked request: a request itself, or the event of an upload. S3 sends an
 * event at least once, so an upload's run is named after the upload: its second event finds the first one's run. The right
 * to upload is not the right to start any run: an uploaded `run.json` may have only {@link UPLOADED_SETTINGS}, unless the
 * stack takes all. In no case may it name its run: the id could be another's.
 */
export async function requestOf({ execution, input }: EvaluateInput, deps: RequestDeps): Promise<Request> {
  const event = S3Event.safeParse(input);
  if (!event.success) return parseRequest(isObject(input) ? { run_id: execution, ...input } : input);
  const { bucket, object } = event.data.detail;
  const run_id = runIdOf(event.data);
  if (!REQUEST_NAME.test(object.key)) {
    return parseRequest({ run_id, source: { traces: { bucket: bucket.name, key: object.key } } });
  }
  const uploaded = withoutSchemaName(await uploadedRequest(bucket.name, object.key, pinOf(object), deps));
  const file = `${deps.bucket(bucket.name).name}/${object.key}`;
  if (deps.requestsFromUploads === 'all') refuseRunId(uploaded, file);
  else refuseOtherSettings(uploaded, file);
  const folder = object.key.slice(0, object.key.lastIndexOf('/') + 1);
  return parseRequest({ run_id, source: { traces: { bucket: bucket.name, prefix: folder } }, ...uploaded });
}

/** The run id of an upload, where one started the execution. */
export function uploadedRunId(input: unknown): string | undefined {
  const event = S3Event.safeParse(input);
  return event.success ? runIdOf(event.data) : undefined;
}

const runIdOf = ({ detail: { bucket, object } }: S3Event): string =>
  `upload-${sha256([bucket.name, object.key, object['version-id'], object.etag]).slice(0, 16)}`;

/**
 * The traces found, and of an upload the bytes that its event tells of: the event can come late, when other bytes stand
 * there, and those have an event and a run of their own. Where the bucket kept no version of the older ones, reading
 * them fails as InputChanged.
 */
export function asUploaded({ input }: EvaluateInput, objects: readonly TraceObject[]): readonly TraceObject[] {
  const event = S3Event.safeParse(input);
  if (!event.success) return objects;
  const { bucket, object } = event.data.detail;
  const pin = pinOf(object);
  const { size: bytes } = object;
  if (!pin || bytes === undefined) return objects;
  return objects.map((found) => {
    if (found.bucket !== bucket.name || found.key !== object.key) return found;
    const same = found.etag === pin.etag && (pin.version === undefined || pin.version === found.version);
    return same ? found : { bucket: found.bucket, key: found.key, bytes, ...pin };
  });
}

const pinOf = ({ etag, 'version-id': version }: S3Event['detail']['object']): Pin | undefined =>
  etag === undefined ? undefined : { etag: `"${etag}"`, version };

/** A `run.json` beside traces: a request without a source (everything in its own folder) and without a run id. */
async function uploadedRequest(
  bucket: string,
  key: string,
  pin: Pin | undefined,
  deps: Deps,
): Promise<Record<string, unknown>> {
  const store = deps.bucket(bucket);
  const bytes = await readWhole(store.read(key, { pin }), LARGEST_SETTINGS);
  if (!bytes) {
    throw new InvalidRequest(
      `${store.name}/${key} has more than the ${LARGEST_SETTINGS} bytes that are read of a run.json: it holds a request, and no traces.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InvalidRequest(`${store.name}/${key} is not valid JSON; a run.json holds a request.`, { cause });
  }
  if (!isObject(value)) throw new InvalidRequest(`${store.name}/${key} must hold a request, a JSON object.`);
  return value;
}

/** Throws {@link InvalidRequest} that names every setting that an upload may not have. */
function refuseOtherSettings(uploaded: Record<string, unknown>, file: string): void {
  const refused = Object.keys(uploaded)
    .filter((key) => !UPLOADED_SETTINGS.includes(key))
    // The settings that exist come first: a list that is cut must not hide them.
    .toSorted((a, b) => Number(isSetting(b)) - Number(isSetting(a)));
  if (refused.length === 0) return;
  const sets = (names: readonly string[]) => {
    const shown = names.slice(0, MOST_NAMES).map(shownName);
    const others = refused.length - shown.length;
    if (shown.length === 0) return `${others} settings that there are not`;
    return `${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  };
  const message = (said: string) =>
    `${file} sets ${said}: an uploaded run.json may set only ${UPLOADED_SETTINGS.join(', ')}. ` +
    'It reads the traces of its own folder, and its run is named after the upload. ' +
    'Remove the rest, or start the run with dpo start; a stack deployed with requestsFromUploads=all takes whole requests from uploads.';
  // What is no setting may be a trace that was uploaded under this name.
  throw new InvalidRequest(message(sets(refused)), { inLogs: message(sets(refused.filter(isSetting))) });
}

function refuseRunId(uploaded: Record<string, unknown>, file: string): void {
  if (!Object.hasOwn(uploaded, 'run_id')) return;
  throw new InvalidRequest(
    `${file} sets run_id: a run that an upload starts is named after the upload, so that it takes no other run's id. Remove it, or start the run with dpo start --run-id.`,
  );
}

const isSetting = (name: string): boolean => Object.hasOwn(Request.shape, name);

/** So many names of so many characters fit into the message of a `failure.json`. */
const MOST_NAMES = 30;
const MOST_CHARACTERS = 80;

const shownName = (name: string): string => {
  const short = name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}…` : name;
  return /^\w+$/.test(short) ? short : JSON.stringify(short);
};

const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
