import type { CommittedFile } from '../contract/manifest.ts';
import { combineCrc32, crc32, crc32Base64 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import type { Written } from '../objects/store.ts';
import type { Deps } from './deps.ts';
import type { BuiltShard } from './summaries.ts';

/** A file that goes whole into a composed one. */
export interface Part extends Written {
  readonly key: string;
}

/** Composes the file out of its parts, without reading them, and describes it. */
export async function composeFile(key: string, parts: readonly Part[], { collections }: Deps): Promise<CommittedFile> {
  // A shard that has nothing to say writes no part.
  const written = parts.filter(({ bytes }) => bytes > 0);
  await collections.compose(key, written, { crc32: addParts(parts).crc32 });
  return describeFile(key, parts);
}

/** What the file composed of the parts is: their checksums make its own, and nothing is read. */
export function describeFile(key: string, parts: readonly Part[]): CommittedFile {
  const { bytes, crc32 } = addParts(parts);
  return { key, bytes, checksum: { algorithm: 'CRC32', value: crc32Base64(crc32) } };
}

export function addParts(parts: readonly Written[]): Written {
  let bytes = 0;
  let checksum = crc32(new Uint8Array());
  for (const part of parts) {
    checksum = combineCrc32(checksum, part.crc32, part.bytes);
    bytes += part.bytes;
  }
  return { bytes, crc32: checksum };
}

/** The shards' parts of `collection.jsonl` or `rejected.jsonl`, in order. */
export const partsOf = (
  runId: string,
  built: readonly BuiltShard[],
  file: 'collection' | 'rejected',
): readonly Part[] =>
  built.map(({ summary }) => {
    const { bytes, crc32 } = summary[file];
    return { key: runKeys(runId).shard(summary.ordinal)[file], bytes, crc32 };
  });
