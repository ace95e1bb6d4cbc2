import { createReadStream } from 'node:fs';
import { LARGEST_SETTINGS } from '../lib/contract/largest-settings.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { readWhole } from '../lib/sources/containers/byte-reader.ts';
import { localPath } from './locations.ts';

/** A file of settings as text. `place` begins the message of what is wrong with it. Throws {@link InvalidRequest}. */
export async function readTextFile(file: string, place: string): Promise<string> {
  const bytes = await readWhole(createReadStream(localPath(file)), LARGEST_SETTINGS).catch((cause: unknown) => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new InvalidRequest(`${place} ${missing ? 'is not there' : 'cannot be read as a file'}.`, { cause });
  });
  if (!bytes) {
    throw new InvalidRequest(
      `${place} has more than the ${LARGEST_SETTINGS} bytes that are read of a file of settings.`,
    );
  }
  // JSON.parse refuses a byte order mark, which Windows' editors write.
  return bytes.toString().replace(/^\uFEFF/, '');
}
