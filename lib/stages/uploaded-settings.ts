import { LARGEST_SETTINGS } from '../contract/largest-settings.ts';
import { withoutSchemaName } from '../contract/parse-request.ts';
import { Request } from '../contract/request.ts';
import { type RequestsFromUploads, UPLOADED_SETTINGS } from '../contract/start.ts';
import { InvalidRequest } from '../errors.ts';
import type { Pin } from '../objects/store.ts';
import { shorten } from '../shorten.ts';
import { readWhole } from '../sources/containers/byte-reader.ts';
import { isObject } from '../sources/json/exact-json.ts';
import type { Deps } from './deps.ts';

export interface UploadedSettingsDeps extends Deps {
  /** `restricted` if left out. */
  readonly requestsFromUploads?: RequestsFromUploads | undefined;
}

interface UploadedFile {
  readonly bucket: string;
  readonly key: string;
  readonly pin: Pin | undefined;
}

/**
 * The settings of an uploaded `run.json`. The right to upload is not the right to start any run: it may have only
 * {@link UPLOADED_SETTINGS}, unless the stack takes all. In no case may it name its run.
 */
export async function uploadedSettings(
  file: UploadedFile,
  deps: UploadedSettingsDeps,
): Promise<Record<string, unknown>> {
  const uploaded = withoutSchemaName(await readSettings(file, deps));
  const name = `${deps.bucket(file.bucket).name}/${file.key}`;
  if (deps.requestsFromUploads === 'all') refuseRunId(uploaded, name);
  else refuseOtherSettings(uploaded, name);
  return uploaded;
}

/** A `run.json` beside traces: a request without a source (everything in its own folder) and without a run id. */
async function readSettings({ bucket, key, pin }: UploadedFile, deps: Deps): Promise<Record<string, unknown>> {
  const store = deps.bucket(bucket);
  const bytes = await readWhole(store.read(key, { pin }), LARGEST_SETTINGS);
  if (!bytes) {
    throw new InvalidRequest(
      `${store.name}/${key} is larger than ${LARGEST_SETTINGS} bytes, the limit for a run.json. It holds a request, not traces.`,
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
    if (shown.length === 0) return `${others} unknown settings`;
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
  const short = shorten(name, MOST_CHARACTERS);
  return /^\w+$/.test(short) ? short : JSON.stringify(short);
};
