import type { CommittedFile } from '../../contract/manifest.ts';
import { crc32, crc32Base64 } from '../../objects/checksum.ts';
import { openSink } from '../../objects/object-sink.ts';
import type { Deps } from '../deps.ts';

/**
 * Writes a file that has times in it. A second execution of the run would write other bytes under the first one's
 * manifest, so the first file stays, and the second execution describes that one.
 */
export async function writeOnce(key: string, texts: Iterable<string>, deps: Deps): Promise<CommittedFile> {
  const sink = openSink(deps.collections, key, { ifAbsent: true });
  for (const text of texts) await sink.writeText(text);
  const written = await sink.close();
  const { bytes, crc32: checksum } = written === 'exists' ? await measured(key, deps) : written;
  return { key, bytes, checksum: { algorithm: 'CRC32', value: crc32Base64(checksum) } };
}

async function measured(key: string, deps: Deps): Promise<{ bytes: number; crc32: number }> {
  let bytes = 0;
  let checksum = 0;
  for await (const chunk of deps.collections.read(key)) {
    bytes += chunk.length;
    checksum = crc32(chunk, checksum);
  }
  return { bytes, crc32: checksum };
}
