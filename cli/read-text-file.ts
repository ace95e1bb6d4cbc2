import { createReadStream } from 'node:fs';
import { LARGEST_SETTINGS } from '../lib/contract/largest-settings.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { readWhole } from '../lib/sources/containers/byte-reader.ts';
import { localPath } from './locations.ts';

/** A file of settings as text. `place` begins the message of what is wrong with it. Throws {@link InvalidRequest}. */
export async function readTextFile(file: string, place: string): Promise<string> {
  const bytes = await readWhole(createReadStream(localPath(file)), LARGEST_SETTINGS).catch((cause: unknown) => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new InvalidRequest(`${place} ${missing ? 'does not exist' : 'cannot be read as a file'}.`, { cause });
  });
  if (!bytes) {
    throw new InvalidRequest(`${place} is larger than ${LARGEST_SETTINGS} bytes, the limit for a settings file.`);
  }
  // JSON.parse refuses a byte order mark, which Windows' editors write.
  return bytes.toString().replace(/^\uFEFF/, '');
}
